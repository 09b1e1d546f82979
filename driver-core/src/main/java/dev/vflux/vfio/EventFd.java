package dev.vflux.vfio;

import dev.vflux.linux.Errno;
import dev.vflux.linux.Libc;
import dev.vflux.linux.Origins;
import dev.vflux.linux.Struct;
import dev.vflux.linux.Syscalls;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A Linux eventfd (eventfd(2)), non-blocking and close-on-exec: a 64-bit counter in the kernel that
 * an interrupt increments. Nothing is lost while nobody reads; reading returns the sum and sets it
 * to zero. Any thread; every operation is serialised with {@link #close()}, so a file descriptor
 * number is never used after it was given back.
 */
public final class EventFd implements AutoCloseable {

  private static final int CLOSED = -1;

  // the link of an eventfd's descriptor in /proc/self/fd (fs/eventfd.c, EFD_... anon_inode)
  private static final String ANONYMOUS = "anon_inode:[eventfd]";

  private final Struct scratch = new Struct(Long.BYTES);
  private final @Nullable Runnable onSignal;
  private final Origins.@Nullable Origin origin;
  private int fd;

  private EventFd(int fd, @Nullable Runnable onSignal) {
    this.fd = fd;
    this.onSignal = onSignal;
    this.origin = Origins.RECORDED ? Origins.opened("eventfd " + fd) : null;
    Resources.EVENT_FDS.incrementAndGet();
  }

  /**
   * Creates an eventfd with count zero.
   *
   * @return an open eventfd, owned by the caller
   * @throws VfioException when the kernel refuses, for instance EMFILE
   */
  public static EventFd create() {
    int fd = Libc.eventfd(0, Libc.EFD_NONBLOCK | Libc.EFD_CLOEXEC);
    if (fd < 0) {
      throw new VfioException(
          "eventfd", "this process", Libc.errno(), "raise the limit of open files (ulimit -n)");
    }
    return new EventFd(fd, null);
  }

  /**
   * Another descriptor of an eventfd that somebody else made, for instance of one that another
   * process sent. Signalling it never waits, whatever its owner has set: a full counter is EAGAIN.
   *
   * @param fd a descriptor; stays the caller's
   * @param onSignal called after each {@link #signal}, on its thread; must not wait
   * @return an open eventfd, owned by the caller
   * @throws VfioException EINVAL when it is no eventfd; or the kernel's refusal, for instance
   *     EMFILE
   */
  public static EventFd duplicate(int fd, Runnable onSignal) {
    if (!isEventFd(fd)) {
      throw new VfioException(
          "eventfd", "descriptor " + fd, Errno.EINVAL.number(), "send an eventfd(2)");
    }
    int own = Libc.fcntl(fd, Libc.F_DUPFD_CLOEXEC, 0);
    if (own < 0) {
      throw new VfioException(
          "dup", "eventfd " + fd, Libc.errno(), "raise the limit of open files (ulimit -n)");
    }
    return new EventFd(own, onSignal);
  }

  private static boolean isEventFd(int fd) {
    try {
      return Files.readSymbolicLink(Path.of("/proc/self/fd/" + fd)).toString().equals(ANONYMOUS);
    } catch (IOException none) {
      return false;
    }
  }

  /**
   * The file descriptor, for epoll or for the kernel. It stays owned by this object.
   *
   * @return the number
   * @throws IllegalStateException after close
   */
  public synchronized int fd() {
    if (fd == CLOSED) {
      throw new IllegalStateException("this eventfd is closed");
    }
    return fd;
  }

  /**
   * Adds one to the counter; what a device does to raise its interrupt. Does nothing after close.
   *
   * @throws VfioException when the kernel refuses; EAGAIN when the counter is full
   */
  public void signal() {
    signal(1);
  }

  /**
   * Adds to the counter. Does nothing after close.
   *
   * @param count how much, 1 to 2^64-2 unsigned
   * @throws VfioException when the kernel refuses; EAGAIN when the counter is full
   */
  public synchronized void signal(long count) {
    if (fd == CLOSED) {
      return;
    }
    if (onSignal != null && full()) {
      throw new VfioException("write", "eventfd " + fd, Errno.EAGAIN.number(), "");
    }
    scratch.putLong(0, count);
    long result = Syscalls.write(fd, scratch.address(), Long.BYTES);
    if (result < 0) {
      throw new VfioException("write", "eventfd " + fd, (int) -result, "");
    }
    if (onSignal != null) {
      onSignal.run();
    }
  }

  // an eventfd of another process may have been made without EFD_NONBLOCK
  private boolean full() {
    scratch.putLong(0, 0).putInt(0, fd);
    scratch.bytes().putShort(Libc.OFFSETOF_POLLFD_EVENTS, (short) Libc.POLLOUT);
    return Libc.poll(scratch.address(), 1, 0) == 0;
  }

  /**
   * Reads the counter and sets it to zero.
   *
   * @return the sum of all signals since the last drain; 0 when there was none, or after close
   * @throws VfioException when the kernel refuses for another reason than an empty counter
   */
  public synchronized long drain() {
    if (fd == CLOSED) {
      return 0;
    }
    long result = Syscalls.read(fd, scratch.address(), Long.BYTES);
    if (result == -Errno.EAGAIN.number()) {
      return 0;
    }
    if (result < 0) {
      throw new VfioException("read", "eventfd " + fd, (int) -result, "");
    }
    return scratch.getLong(0);
  }

  /** Closes the file descriptor; a second call does nothing. */
  @Override
  public synchronized void close() {
    if (fd == CLOSED) {
      return;
    }
    int unusedResult = Libc.close(fd);
    fd = CLOSED;
    Resources.EVENT_FDS.decrementAndGet();
    Origins.closed(origin);
  }

  @Override
  public synchronized String toString() {
    return fd == CLOSED ? "eventfd closed" : "eventfd " + fd;
  }
}
