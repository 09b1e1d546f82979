package dev.vflux.emulated;

import dev.vflux.linux.Errno;
import dev.vflux.linux.Fd;
import dev.vflux.linux.Libc;
import dev.vflux.linux.Struct;
import dev.vflux.vfio.EventFd;
import dev.vflux.vfio.VfioException;
import java.time.Duration;

/**
 * Waits for an eventfd and unmasks, as the kernel's virqfd does (drivers/vfio/virqfd.c): it holds
 * the eventfd itself, so closing the caller's descriptor does no harm, and it takes the counter.
 */
final class UnmaskWatch implements AutoCloseable {

  private static final Duration END_LIMIT = Duration.ofSeconds(5);
  private static final int STOP = Libc.SIZEOF_POLLFD;

  private final Runnable unmask;
  private final Fd source;
  private final EventFd stop;
  private final Thread thread;

  UnmaskWatch(String device, EventFd source, Runnable unmask) {
    this.unmask = unmask;
    this.stop = EventFd.create();
    Fd held = Fd.duplicate(source.fd());
    if (held == null) {
      stop.close();
      throw new VfioException("dup", device + " " + source, Libc.errno(), "");
    }
    this.source = held;
    this.thread = new Thread(this::watch, device + "-unmask");
    thread.setDaemon(true);
    thread.start();
  }

  private void watch() {
    Struct fds = new Struct(2 * Libc.SIZEOF_POLLFD);
    fds.putInt(0, source.number());
    fds.putInt(STOP, stop.fd());
    fds.bytes().putShort(Libc.OFFSETOF_POLLFD_EVENTS, (short) Libc.POLLIN);
    fds.bytes().putShort(STOP + Libc.OFFSETOF_POLLFD_EVENTS, (short) Libc.POLLIN);
    Struct count = new Struct(Long.BYTES);
    while (true) {
      if (Libc.poll(fds.address(), 2, -1) < 0 && Libc.errno() != Errno.EINTR.number()) {
        throw new VfioException("poll", thread.getName(), Libc.errno(), "");
      }
      if (fds.bytes().getShort(STOP + Libc.OFFSETOF_POLLFD_REVENTS) != 0) {
        return;
      }
      if (source.read(count, Long.BYTES) > 0) {
        unmask.run();
      }
    }
  }

  @Override
  public void close() {
    stop.signal();
    boolean interrupted = Thread.interrupted();
    try {
      thread.join(END_LIMIT.toMillis());
    } catch (InterruptedException again) {
      interrupted = true;
    }
    source.close();
    stop.close();
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
