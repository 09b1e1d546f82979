package dev.vflux.reactive;

import dev.vflux.vfio.EventFd;
import io.netty.channel.IoEvent;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.unix.FileDescriptor;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * An eventfd in the loop's epoll set: registered once, armed and disarmed, closed when it has left
 * the set. Owned by the loop.
 */
final class EventFdIoHandle implements EpollIoHandle {

  private static final EpollIoOps ARMED = EpollIoOps.EPOLLIN.with(EpollIoOps.EPOLLET);

  // not EpollIoOps.NONE: that takes the fd out of the set, and the next submit fails with ENOENT
  private static final EpollIoOps DISARMED = EpollIoOps.EPOLLET;

  private static final long CANCELLED = -1;

  private final EventFd eventFd;
  private final FileDescriptor fd;
  private final EventFdReader reader;
  private final WaitStrategy waits;
  private final DescriptorOwner owner;
  private @Nullable IoRegistration registration;
  private boolean armed;
  private boolean signalled;

  EventFdIoHandle(
      EventFd eventFd, EventFdReader reader, WaitStrategy waits, DescriptorOwner owner) {
    this.eventFd = eventFd;
    this.fd = new FileDescriptor(eventFd.fd());
    this.reader = reader;
    this.waits = waits;
    this.owner = owner;
  }

  EventFd eventFd() {
    return eventFd;
  }

  boolean armed() {
    return armed;
  }

  void arm(IoEventLoop loop) {
    if (!armed) {
      armed = submit(registered(loop), ARMED);
    }
  }

  void disarm() {
    if (armed && registration != null) {
      boolean unusedResult = submit(registration, DISARMED);
      armed = false;
      waits.forget(this);
    }
  }

  private IoRegistration registered(IoEventLoop loop) {
    if (registration == null) {
      // on the loop the future is done when register returns
      registration = loop.register(this).syncUninterruptibly().getNow();
    }
    return registration;
  }

  // with EPOLLET the value returned is negative too; only -1 says that nothing was done
  private static boolean submit(IoRegistration registration, EpollIoOps ops) {
    return registration.submit(ops) != CANCELLED;
  }

  /** The counter, which is zero afterwards; 0 when nothing was signalled. */
  long read() throws IOException {
    long count = reader.read(fd);
    signalled |= count != 0;
    return count;
  }

  /** When this pass of the loop found something ready. */
  long noticed() {
    return waits.noticed();
  }

  /** Serves the eventfd as if the epoll set had named it; false when it was not signalled. */
  boolean look() {
    signalled = false;
    owner.tellReady();
    return signalled;
  }

  /** Leaves the epoll set and closes the eventfd. */
  void release() {
    if (registration == null || !registration.cancel()) {
      eventFd.close();
    }
  }

  @Override
  public FileDescriptor fd() {
    return fd;
  }

  @Override
  public void handle(IoRegistration unusedRegistration, IoEvent unusedEvent) {
    waits.awake(this);
    owner.tellReady();
  }

  @Override
  public void unregistered() {
    armed = false;
    waits.forget(this);
    eventFd.close();
    owner.tellUnregistered();
  }

  // Netty's last call, after unregistered(), when the loop ends with the handle in it
  @Override
  public void close() {}
}
