package dev.vflux.linux;

import com.sun.jna.Native;
import java.lang.ref.Reference;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A stream socket of the AF_UNIX family that carries file descriptors beside bytes (unix(7),
 * SCM_RIGHTS). It never waits: what cannot be done now answers {@code -EAGAIN}. Calls answer as the
 * kernel does inside: a result, or a negative errno. One thread sends and one receives at a time.
 */
public final class UnixSocket implements AutoCloseable {

  /** The kernel takes no more descriptors in one message (SCM_MAX_FD, include/net/scm.h). */
  public static final int MOST_FDS = 253;

  /** Longer paths do not fit into {@code sun_path} with its final NUL. */
  public static final int LONGEST_PATH =
      Libc.SIZEOF_SOCKADDR_UN - Libc.OFFSETOF_SOCKADDR_UN_PATH - 1;

  private static final int TYPE = Libc.SOCK_STREAM | Libc.SOCK_NONBLOCK | Libc.SOCK_CLOEXEC;
  private static final int OWNER_ONLY = 0600;
  private static final int PIECES = 2;

  private final Fd fd;
  private final Direction sending = new Direction();
  private final Direction receiving = new Direction();

  /** One direction's {@code struct msghdr} with what it points to. */
  private static final class Direction {
    final Struct pieces = new Struct(PIECES * Libc.SIZEOF_IOVEC);
    final Struct control = new Struct(Libc.SIZEOF_CMSGHDR + MOST_FDS * Integer.BYTES + 4);
    final Struct header =
        new Struct(Libc.SIZEOF_MSGHDR).putLong(Libc.OFFSETOF_MSGHDR_IOV, pieces.address());

    void piece(int index, long address, long length) {
      pieces
          .putLong(index * Libc.SIZEOF_IOVEC, address)
          .putLong(index * Libc.SIZEOF_IOVEC + Libc.OFFSETOF_IOVEC_LEN, length);
    }

    Struct header(int pieceCount, long controlLength) {
      return header
          .putLong(Libc.OFFSETOF_MSGHDR_IOVLEN, pieceCount)
          .putLong(Libc.OFFSETOF_MSGHDR_CONTROL, controlLength == 0 ? 0 : control.address())
          .putLong(Libc.OFFSETOF_MSGHDR_CONTROLLEN, controlLength)
          .putInt(Libc.OFFSETOF_MSGHDR_FLAGS, 0);
    }
  }

  /** A thread's way to wait for a socket; one thread at a time. */
  public static final class Readiness {

    private final Fd fd;
    private final Struct pollfd = new Struct(Libc.SIZEOF_POLLFD);

    public Readiness(UnixSocket socket) {
      this.fd = socket.fd;
      pollfd.putInt(0, fd.number());
    }

    /**
     * Waits for one of some poll(2) events; answers those that are, 0 when none came in time, or a
     * negative errno. POLLHUP and POLLERR are always waited for.
     */
    public int await(int events, int timeoutMillis) {
      pollfd.bytes().putShort(Libc.OFFSETOF_POLLFD_EVENTS, (short) events);
      if (!fd.enter()) {
        return -Errno.EBADF.number();
      }
      try {
        int result = Libc.poll(pollfd.address(), 1, timeoutMillis);
        return result < 0
            ? -Libc.errno()
            : pollfd.bytes().getShort(Libc.OFFSETOF_POLLFD_REVENTS) & 0xffff;
      } finally {
        fd.leave();
      }
    }
  }

  private UnixSocket(Fd fd) {
    this.fd = fd;
  }

  /** Takes over a connected socket, for instance one that a peer sent. */
  public static UnixSocket of(Fd fd) {
    return new UnixSocket(fd);
  }

  /** Connects to a listening socket; null when the kernel refuses (see {@link Libc#errno()}). */
  public static @Nullable UnixSocket connect(String path) {
    return made(path, Libc::connect);
  }

  /**
   * Listens at a path where nothing is; null when the kernel refuses (see errno). The file that
   * appears is its owner's alone from the first moment on; whoever closes the socket removes it.
   */
  public static @Nullable UnixSocket listen(String path, int backlog) {
    return made(
        path,
        (socket, address, length) -> {
          // bind takes the mode from the socket: no moment in which others could connect
          int result = Libc.fchmod(socket, OWNER_ONLY);
          result = result < 0 ? result : Libc.bind(socket, address, length);
          return result < 0 ? result : Libc.listen(socket, backlog);
        });
  }

  private interface AddressCall {
    int on(int socket, long address, int length);
  }

  private static @Nullable UnixSocket made(String path, AddressCall call) {
    Struct address = address(path);
    Fd fd = Fd.of(Libc.socket(Libc.AF_UNIX, TYPE, 0));
    if (fd == null) {
      return null;
    }
    try {
      if (call.on(fd.number(), address.address(), address.size()) < 0) {
        int errno = Libc.errno();
        fd.close();
        Native.setLastError(errno);
        return null;
      }
      return new UnixSocket(fd);
    } finally {
      Reference.reachabilityFence(address);
    }
  }

  private static Struct address(String path) {
    byte[] bytes = path.getBytes(StandardCharsets.UTF_8);
    if (bytes.length > LONGEST_PATH) {
      throw new IllegalArgumentException(path + " is longer than " + LONGEST_PATH + " bytes");
    }
    Struct address = new Struct(Libc.SIZEOF_SOCKADDR_UN);
    address.bytes().putShort(0, (short) Libc.AF_UNIX);
    address.bytes().put(Libc.OFFSETOF_SOCKADDR_UN_PATH, bytes);
    return address;
  }

  /** Takes the next connection; null when there is none now or the kernel refuses (see errno). */
  public @Nullable UnixSocket accept() {
    Fd connection = null;
    if (fd.enter()) {
      try {
        connection = Fd.of(Libc.accept4(fd.number(), 0, 0, Libc.SOCK_NONBLOCK | Libc.SOCK_CLOEXEC));
      } finally {
        fd.leave();
      }
    }
    return connection == null ? null : new UnixSocket(connection);
  }

  /** Two sockets connected to each other; null when the kernel refuses (see errno). */
  public static @Nullable List<UnixSocket> pair() {
    Struct pair = new Struct(2 * Integer.BYTES);
    if (Libc.socketpair(Libc.AF_UNIX, TYPE, 0, pair.address()) < 0) {
      return null;
    }
    List<UnixSocket> sockets = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      Fd fd = Fd.of(pair.getInt(i * Integer.BYTES));
      if (fd != null) {
        sockets.add(new UnixSocket(fd));
      }
    }
    return sockets;
  }

  public Fd fd() {
    return fd;
  }

  /**
   * Sends bytes from one or two structures, the descriptors with the first of them; those stay the
   * caller's. Answers how many bytes went.
   *
   * @param first sent first, from {@code offset} to its end
   * @param second sent after it, may be null
   * @param secondLength how many bytes of it
   */
  public long send(
      Struct first, int offset, @Nullable Struct second, int secondLength, List<Fd> fds) {
    sending.piece(0, first.address() + offset, first.size() - offset);
    if (second != null) {
      sending.piece(1, second.address(), secondLength);
    }
    long controlLength = fds.isEmpty() ? 0 : rights(fds);
    Struct header = sending.header(second == null ? 1 : PIECES, controlLength);
    if (!fd.enter()) {
      return -Errno.EBADF.number();
    }
    try {
      long sent =
          Libc.sendmsg(fd.number(), header.address(), Libc.MSG_NOSIGNAL | Libc.MSG_DONTWAIT);
      return sent < 0 ? -Libc.errno() : sent;
    } finally {
      fd.leave();
      Reference.reachabilityFence(first);
      Reference.reachabilityFence(second);
    }
  }

  private long rights(List<Fd> fds) {
    long length = Libc.SIZEOF_CMSGHDR + (long) fds.size() * Integer.BYTES;
    Struct control = sending.control.putLong(0, length);
    control.putInt(Libc.OFFSETOF_CMSGHDR_LEVEL, Libc.SOL_SOCKET);
    control.putInt(Libc.OFFSETOF_CMSGHDR_TYPE, Libc.SCM_RIGHTS);
    for (int i = 0; i < fds.size(); i++) {
      control.putInt(Libc.SIZEOF_CMSGHDR + i * Integer.BYTES, fds.get(i).number());
    }
    return (length + Long.BYTES - 1) & -Long.BYTES;
  }

  /**
   * Receives at most {@code length} bytes at an offset of a structure. Answers how many, 0 at the
   * peer's end, {@code -EMSGSIZE} when descriptors were lost on the way.
   *
   * @param fds gets the descriptors that came along; they are the caller's, whatever is answered
   */
  public long receive(Struct target, int offset, int length, List<Fd> fds) {
    receiving.piece(0, target.address() + offset, length);
    Struct header = receiving.header(1, receiving.control.size());
    if (!fd.enter()) {
      return -Errno.EBADF.number();
    }
    long received;
    try {
      received =
          Libc.recvmsg(fd.number(), header.address(), Libc.MSG_DONTWAIT | Libc.MSG_CMSG_CLOEXEC);
      if (received < 0) {
        return -Libc.errno();
      }
    } finally {
      fd.leave();
      Reference.reachabilityFence(target);
    }
    take(header.getLong(Libc.OFFSETOF_MSGHDR_CONTROLLEN), fds);
    boolean lost = (header.getInt(Libc.OFFSETOF_MSGHDR_FLAGS) & Libc.MSG_CTRUNC) != 0;
    return lost ? -Errno.EMSGSIZE.number() : received;
  }

  // the kernel wrote these lengths, not the peer
  private void take(long controlLength, List<Fd> fds) {
    Struct control = receiving.control;
    int at = 0;
    while (at + Libc.SIZEOF_CMSGHDR <= controlLength) {
      int length = (int) control.getLong(at);
      if (control.getInt(at + Libc.OFFSETOF_CMSGHDR_LEVEL) == Libc.SOL_SOCKET
          && control.getInt(at + Libc.OFFSETOF_CMSGHDR_TYPE) == Libc.SCM_RIGHTS) {
        for (int i = at + Libc.SIZEOF_CMSGHDR; i < at + length; i += Integer.BYTES) {
          Fd received = Fd.of(control.getInt(i));
          if (received != null) {
            fds.add(received);
          }
        }
      }
      at += (length + Long.BYTES - 1) & -Long.BYTES;
    }
  }

  /** Ends both directions for both sides; who waits for the socket wakes. It stays open. */
  public void shutdown() {
    if (fd.enter()) {
      try {
        // refused only when the peer has ended it already
        int unusedResult = Libc.shutdown(fd.number(), Libc.SHUT_RDWR);
      } finally {
        fd.leave();
      }
    }
  }

  @Override
  public void close() {
    fd.close();
  }
}
