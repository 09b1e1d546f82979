package dev.vflux.vfio.user;

import dev.vflux.linux.Errno;
import dev.vflux.linux.Fd;
import dev.vflux.linux.Libc;
import dev.vflux.linux.Struct;
import dev.vflux.linux.UnixSocket;
import dev.vflux.linux.UnixSocket.Readiness;
import dev.vflux.vfio.DeviceGoneException;
import dev.vflux.vfio.EventFd;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A daemon thread that looks after a client's connection: it answers the commands of the server,
 * which come over the twin socket, or over the main one when there is no twin; it notices that the
 * server has gone while nobody calls, and tells.
 */
final class ClientWatch implements AutoCloseable {

  private static final Duration END_LIMIT = Duration.ofSeconds(5);

  /** While others call, and read what comes, a server without a twin is looked after so often. */
  private static final int LOOK_EVERY_MILLIS = 1;

  private static final int STOP = 0;
  private static final int MAIN = 1;
  private static final int TWIN = 2;
  private static final int IDLE = Libc.POLLIN | Libc.POLLRDHUP;
  private static final int ENDED = Libc.POLLRDHUP | Libc.POLLHUP | Libc.POLLERR | Libc.POLLNVAL;

  private final ClientConnection connection;
  private final @Nullable MessageSocket twin;
  private final DmaTable dma;
  private final EventFd stop = EventFd.create();
  private final Struct fds = new Struct((TWIN + 1) * Libc.SIZEOF_POLLFD);
  private final Thread thread;

  private final Object lock = new Object();
  // guarded by lock
  private @Nullable Consumer<DeviceGoneException> listener;
  private boolean told;

  ClientWatch(ClientConnection connection, ServerInfo info, DmaTable dma) {
    this.connection = connection;
    this.dma = dma;
    Fd offered = info.takeTwin();
    this.twin =
        offered == null
            ? null
            : new MessageSocket(UnixSocket.of(offered), ServerInfo.LARGEST_MESSAGE);
    watch(STOP, stop.fd(), Libc.POLLIN);
    watch(MAIN, connection.socket().fd().number(), Libc.POLLRDHUP);
    watch(TWIN, twin == null ? -1 : twin.socket().fd().number(), Libc.POLLIN);
    this.thread = new Thread(this::run, connection.device());
    thread.setDaemon(true);
    thread.start();
  }

  private void watch(int index, int fd, int events) {
    fds.putInt(index * Libc.SIZEOF_POLLFD, fd);
    fds.bytes().putShort(index * Libc.SIZEOF_POLLFD + Libc.OFFSETOF_POLLFD_EVENTS, (short) events);
  }

  private int seen(int index) {
    return fds.bytes().getShort(index * Libc.SIZEOF_POLLFD + Libc.OFFSETOF_POLLFD_REVENTS) & 0xffff;
  }

  private void run() {
    long seenCalls = 0;
    while (!connection.hasEnded()) {
      long calls = connection.calls();
      int result = Libc.poll(fds.address(), TWIN + 1, waiting(calls != seenCalls));
      seenCalls = calls;
      if (result < 0) {
        int errno = Libc.errno();
        if (errno != Errno.EINTR.number()) {
          connection.end("poll: " + Errno.name(errno));
        }
      } else if (seen(STOP) != 0) {
        return;
      } else {
        serve();
      }
    }
    tell();
  }

  // With a twin only replies come over the main socket, and those are the callers' to read.
  // Without one, being woken by each of them would take the caller's time.
  private int waiting(boolean called) {
    boolean look = twin == null && !called;
    watch(MAIN, connection.socket().fd().number(), look ? IDLE : Libc.POLLRDHUP);
    return twin == null && called ? LOOK_EVERY_MILLIS : -1;
  }

  private void serve() {
    if (twin != null && seen(TWIN) != 0) {
      answer(twin);
    }
    if (twin == null) {
      connection.pump();
    }
    if ((seen(MAIN) & ENDED) != 0) {
      connection.end("the server closed the connection");
    }
  }

  private void answer(MessageSocket from) {
    try {
      for (Message next = from.receive(); next != null; next = from.receive()) {
        try (Message message = next) {
          if (!message.isCommand()) {
            throw ClientConnection.violation(message + " on the twin socket");
          }
          dma.answer(from, message);
          flush(from);
        }
      }
    } catch (ConnectionEndedException ended) {
      connection.end("twin socket: " + ended.reason());
    }
  }

  private void flush(MessageSocket socket) {
    long deadline = System.nanoTime() + connection.limit().toNanos();
    Readiness ready = new Readiness(socket.socket());
    while (!socket.flush()) {
      long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
      if (left <= 0) {
        throw new ConnectionEndedException(
            Errno.ETIMEDOUT.number(), "the server does not read the replies it asked for");
      }
      int unusedEvents = ready.await(Libc.POLLOUT, (int) left);
    }
  }

  /** Sets who is told when the server has gone. */
  void onGone(Consumer<DeviceGoneException> newListener) {
    synchronized (lock) {
      if (!told) {
        listener = newListener;
        return;
      }
    }
    newListener.accept(connection.gone("wait"));
  }

  private void tell() {
    Consumer<DeviceGoneException> known;
    synchronized (lock) {
      told = true;
      known = listener;
    }
    if (known != null) {
      known.accept(connection.gone("wait"));
    }
  }

  /** Ends the thread, and then both sockets. */
  @Override
  public void close() {
    connection.shutDown();
    if (twin != null) {
      twin.socket().shutdown();
    }
    stop.signal();
    join();
    connection.close();
    if (twin != null) {
      twin.close();
    }
    stop.close();
  }

  // a listener may close the device on the watch's own thread, which ends right after
  private void join() {
    boolean interrupted = Thread.interrupted();
    if (Thread.currentThread() != thread) {
      try {
        thread.join(END_LIMIT.toMillis());
      } catch (InterruptedException again) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
