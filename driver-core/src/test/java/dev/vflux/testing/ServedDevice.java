package dev.vflux.testing;

import dev.vflux.linux.Libc;
import dev.vflux.linux.Struct;
import dev.vflux.vfio.DeviceBackend;
import dev.vflux.vfio.Devices;
import dev.vflux.vfio.EventFd;
import dev.vflux.vfio.user.ListeningSocket;
import dev.vflux.vfio.user.ServerListener;
import dev.vflux.vfio.user.ServerSession;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A device that this process serves over vfio-user on a thread of its own, to one client after the
 * other, for tests of the client without an event loop.
 */
public final class ServedDevice implements AutoCloseable {

  private final DeviceBackend backend;
  private final ListeningSocket socket;
  private final EventFd stop = EventFd.create();
  private final EventFd resume = EventFd.create();
  private final Struct fds = new Struct(3 * Libc.SIZEOF_POLLFD);
  private final Thread thread = new Thread(this::run, "served device");
  private volatile @Nullable Throwable failure;

  /**
   * Serves a device.
   *
   * @param uri a device that runs in this process
   * @param path where the socket is to be
   */
  public ServedDevice(String uri, Path path) {
    backend = Devices.backend(uri);
    socket = ListeningSocket.open(path);
    thread.start();
  }

  /**
   * The address of the device for clients.
   *
   * @return {@code vfio-user:<path>}
   */
  public String uri() {
    return "vfio-user:" + socket.path();
  }

  private void run() {
    try {
      while (awaited(socket.fd(), Libc.POLLIN)) {
        Optional<ServerSession> next = socket.accept(backend, ServerListener.NONE, resume::signal);
        if (next.isPresent()) {
          try (ServerSession session = next.get()) {
            serve(session);
          }
        }
      }
    } catch (RuntimeException | Error unexpected) {
      failure = unexpected;
    }
  }

  private void serve(ServerSession session) {
    boolean open = true;
    while (open && awaited(session.fd(), session.awaitsWritable() ? Libc.POLLOUT : Libc.POLLIN)) {
      open = session.onReady();
    }
  }

  /** False when the server is to stop. */
  private boolean awaited(int fd, int events) {
    pollFd(0, fd, events);
    pollFd(1, stop.fd(), Libc.POLLIN);
    pollFd(2, resume.fd(), Libc.POLLIN);
    int unusedCount = Libc.poll(fds.address(), 3, -1);
    long unusedResumed = resume.drain();
    return fds.bytes().getShort(Libc.SIZEOF_POLLFD + Libc.OFFSETOF_POLLFD_REVENTS) == 0;
  }

  private void pollFd(int index, int fd, int events) {
    int at = index * Libc.SIZEOF_POLLFD;
    fds.putInt(at, fd).bytes().putShort(at + Libc.OFFSETOF_POLLFD_EVENTS, (short) events);
  }

  /** Ends the client, stops listening and closes the device. */
  @Override
  public void close() {
    stop.signal();
    Await.until("the server ends", () -> !thread.isAlive());
    socket.close();
    backend.close();
    stop.close();
    resume.close();
    Throwable unexpected = failure;
    if (unexpected != null) {
      throw new AssertionError("the server failed", unexpected);
    }
  }
}
