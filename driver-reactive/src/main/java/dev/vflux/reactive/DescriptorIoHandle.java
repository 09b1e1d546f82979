package dev.vflux.reactive;

import io.netty.channel.IoEvent;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.unix.FileDescriptor;
import org.jspecify.annotations.Nullable;

/**
 * A descriptor in the loop's epoll set, level-triggered: its owner is called as long as it is ready
 * for what is awaited. On the loop only. Does not own the descriptor; says when it has left the
 * set.
 */
final class DescriptorIoHandle implements EpollIoHandle {

  /** What to wait for. */
  enum Interest {
    READABLE,
    WRITABLE,
    NOTHING
  }

  private final FileDescriptor fd;
  private final DriverLoop loop;
  private final DescriptorOwner owner;
  private @Nullable IoRegistration registration;
  private @Nullable Interest interest;

  DescriptorIoHandle(int fd, DriverLoop loop, DescriptorOwner owner) {
    this.fd = new FileDescriptor(fd);
    this.loop = loop;
    this.owner = owner;
  }

  void await(Interest next) {
    assert loop.inEventLoop();
    if (registration == null) {
      // on the loop the future is done when register returns
      registration = loop.eventLoop().register(this).syncUninterruptibly().getNow();
    }
    if (interest != next) {
      interest = next;
      long unusedMask = registration.submit(ops(next));
    }
  }

  private static EpollIoOps ops(Interest interest) {
    return switch (interest) {
      case READABLE -> EpollIoOps.EPOLLIN;
      case WRITABLE -> EpollIoOps.EPOLLOUT;
      // EpollIoOps.NONE would take the descriptor out of the set
      case NOTHING -> EpollIoOps.EPOLLET;
    };
  }

  /** Calls the owner as if the descriptor were ready, unless it was released. */
  void resume() {
    if (registration != null && registration.isValid()) {
      owner.tellReady();
    }
  }

  /** Leaves the epoll set. */
  void release() {
    if (registration == null || !registration.cancel()) {
      owner.tellUnregistered();
    }
  }

  @Override
  public FileDescriptor fd() {
    return fd;
  }

  @Override
  public void handle(IoRegistration unusedRegistration, IoEvent unusedEvent) {
    loop.waits().awake();
    owner.tellReady();
  }

  @Override
  public void unregistered() {
    owner.tellUnregistered();
  }

  // Netty's last call, after unregistered(), when the loop ends with the handle in it
  @Override
  public void close() {}
}
