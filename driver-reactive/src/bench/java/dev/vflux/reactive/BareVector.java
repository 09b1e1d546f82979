package dev.vflux.reactive;

import dev.vflux.vfio.EventFd;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Objects;
import java.util.function.LongConsumer;

/**
 * An eventfd in a loop's epoll set, read into a handler, without a device, a Flux or a subscriber:
 * what Netty's loop and its read cost by themselves.
 */
public final class BareVector implements DescriptorOwner {

  private final LongConsumer handler;
  private final EventFdIoHandle handle;

  private BareVector(DriverLoop loop, EventFd eventFd, LongConsumer handler) {
    this.handler = handler;
    this.handle = new EventFdIoHandle(eventFd, loop.eventFds(), loop.waits(), this);
  }

  /**
   * Lets a loop read an eventfd until the loop is closed, which closes the eventfd.
   *
   * @param handler gets the counts, on the loop
   * @return the eventfd
   */
  public static EventFd on(DriverLoop loop, LongConsumer handler) {
    EventFd eventFd = EventFd.create();
    BareVector vector = new BareVector(loop, eventFd, handler);
    Objects.requireNonNull(loop.call(() -> vector.arm(loop)).block());
    return eventFd;
  }

  private boolean arm(DriverLoop loop) {
    handle.arm(loop.eventLoop());
    return handle.armed();
  }

  @Override
  public void onReady() {
    try {
      long count = handle.read();
      if (count != 0) {
        handler.accept(count);
      }
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  @Override
  public void onThrown(Throwable thrown) {
    throw new IllegalStateException(thrown);
  }

  @Override
  public void onUnregistered() {}
}
