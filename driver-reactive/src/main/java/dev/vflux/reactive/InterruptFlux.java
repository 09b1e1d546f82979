package dev.vflux.reactive;

import dev.vflux.vfio.DriverException;
import dev.vflux.vfio.IrqIndex;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import reactor.core.CoreSubscriber;
import reactor.core.Scannable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * The interrupts of one vector. The eventfd is the buffer: without demand it is disarmed and the
 * kernel's counter adds up what nobody reads. There is no queue here. It lives as long as the
 * device; subscribers come and go, one at a time.
 */
final class InterruptFlux extends Flux<Interrupt> implements DescriptorOwner, Scannable {

  private final IrqVectors vectors;
  private final DriverLoop loop;
  private final IrqIndex index;
  private final int vector;
  private final boolean automasked;
  private final InterruptBursts bursts;

  // claimed and given back by any thread
  private final AtomicReference<@Nullable InterruptSubscription> slot = new AtomicReference<>();
  private volatile boolean masked;

  // set once by IrqVectors under its lock, before the loop can see it
  private @Nullable EventFdIoHandle handle;

  // owned by the loop
  private @Nullable InterruptSubscription active;
  private @Nullable InterruptSubscription threw;
  private boolean draining;
  private boolean released;
  private @Nullable DriverException lost;

  InterruptFlux(IrqVectors vectors, DriverLoop loop, IrqIndex index, int vector, boolean auto) {
    this.vectors = vectors;
    this.loop = loop;
    this.index = index;
    this.vector = vector;
    this.automasked = auto;
    this.bursts = new InterruptBursts(loop, vectors.deviceName(), index, vector);
  }

  Flux<Interrupt> assembled() {
    return onAssembly(this);
  }

  /** For the operator that unmasks by itself: also what an earlier subscriber left masked. */
  Flux<Interrupt> unmaskedFirst() {
    return onAssembly(
        new Flux<>() {
          @Override
          public void subscribe(CoreSubscriber<? super Interrupt> actual) {
            claim(actual, true);
          }
        });
  }

  @Override
  public void subscribe(CoreSubscriber<? super Interrupt> actual) {
    claim(actual, false);
  }

  private void claim(CoreSubscriber<? super Interrupt> actual, boolean unmaskFirst) {
    InterruptSubscription subscription = new InterruptSubscription(this, actual, unmaskFirst);
    if (!slot.compareAndSet(null, subscription)) {
      Operators.error(
          actual,
          new IllegalStateException(
              this + " has a subscriber already; share one with publish() or share()"));
      return;
    }
    try {
      vectors.tie(this);
    } catch (DriverException refused) {
      vacate(subscription);
      Operators.error(actual, refused);
      return;
    }
    actual.onSubscribe(subscription);
    // after onSubscribe, so that no onNext can overtake it
    start(subscription);
  }

  private void start(InterruptSubscription subscription) {
    if (inEventLoop()) {
      activate(subscription);
      return;
    }
    if (!execute(() -> activate(subscription))) {
      vacate(subscription);
      subscription.end(vectors.closedError("watch " + this));
    }
  }

  private void activate(InterruptSubscription subscription) {
    assert inEventLoop();
    if (released) {
      vacate(subscription);
      subscription.end(lost);
      return;
    }
    if (subscription.ended()) {
      return;
    }
    active = subscription;
    subscription.activated();
    try {
      if (subscription.unmaskFirst() && masked) {
        unmask();
      }
    } catch (DriverException refused) {
      fail(subscription, refused);
    }
    updateInterest();
  }

  /** The subscriber cancelled; on any thread. */
  void left(InterruptSubscription subscription) {
    vacate(subscription);
    if (inEventLoop()) {
      deactivate(subscription);
    } else {
      boolean unusedResult = execute(() -> deactivate(subscription));
    }
  }

  private void vacate(InterruptSubscription subscription) {
    boolean unusedResult = slot.compareAndSet(subscription, null);
  }

  private void deactivate(InterruptSubscription subscription) {
    assert inEventLoop();
    if (active == subscription) {
      active = null;
      updateInterest();
    }
  }

  void demandChanged(InterruptSubscription subscription) {
    assert inEventLoop();
    if (active == subscription) {
      updateInterest();
    }
  }

  void fail(InterruptSubscription subscription, Throwable error) {
    vacate(subscription);
    deactivate(subscription);
    subscription.end(error);
  }

  private void updateInterest() {
    if (draining || released || handle == null) {
      return;
    }
    if (active != null && active.wants()) {
      arm(active, handle);
    } else {
      handle.disarm();
    }
  }

  private void arm(InterruptSubscription subscriber, EventFdIoHandle tied) {
    try {
      tied.arm(loop.eventLoop());
    } catch (UncheckedIOException | RejectedExecutionException refused) {
      fail(subscriber, failure("arm eventfd", refused));
    }
  }

  private DriverException failure(String operation, Exception cause) {
    DriverException error =
        new DriverException(operation, toString(), String.valueOf(cause.getMessage()), "");
    error.initCause(cause);
    return error;
  }

  @Override
  public void onReady() {
    assert inEventLoop();
    draining = true;
    try {
      drain();
    } finally {
      draining = false;
      updateInterest();
    }
  }

  // once for each look at the epoll set: reading again at once would hold up the device, whose
  // signals take the same lock, and the other vectors
  private void drain() {
    InterruptSubscription subscriber = active;
    if (subscriber == null || handle == null || !subscriber.wants()) {
      return;
    }
    long count = read(subscriber, handle);
    if (count == 0) {
      return;
    }
    if (automasked) {
      masked = true;
    }
    if (!deliver(subscriber, count, handle.noticed())) {
      // a cancel on another thread came between: the next subscriber gets the count
      handle.eventFd().signal(count);
    }
  }

  private boolean deliver(InterruptSubscription subscriber, long count, long noticed) {
    boolean returned = false;
    try {
      boolean delivered = observed(subscriber, count, noticed);
      returned = true;
      return delivered;
    } finally {
      if (!returned) {
        threw = subscriber;
      }
    }
  }

  private boolean observed(InterruptSubscription subscriber, long count, long noticed) {
    DeviceObserver observer = vectors.observer();
    boolean recorded = InterruptBursts.recorded();
    if (observer == null && !recorded) {
      return subscriber.deliver(count, noticed);
    }
    long begin = System.nanoTime();
    boolean delivered = subscriber.deliver(count, noticed);
    if (delivered && observer != null) {
      observer.interrupt(index, vector, count, System.nanoTime() - begin);
    }
    if (delivered && recorded) {
      bursts.delivered(count);
    }
    return delivered;
  }

  private long read(InterruptSubscription subscriber, EventFdIoHandle from) {
    try {
      return from.read();
    } catch (IOException failed) {
      fail(subscriber, failure("read eventfd", failed));
      return 0;
    }
  }

  /** The subscriber threw from onNext: it gets the error and is gone, the vector lives on. */
  @Override
  public void onThrown(Throwable thrown) {
    InterruptSubscription subscriber = threw;
    threw = null;
    if (subscriber == null) {
      Operators.onErrorDropped(thrown, Context.empty());
      return;
    }
    vacate(subscriber);
    deactivate(subscriber);
    subscriber.thrown(thrown);
  }

  /** Ends the subscriber and closes the eventfd; the device's last word to this vector. */
  void release() {
    assert inEventLoop() || loop.isClosed();
    if (released) {
      return;
    }
    released = true;
    bursts.end();
    if (handle != null) {
      handle.release();
    }
    endActive();
  }

  private void endActive() {
    InterruptSubscription subscriber = active;
    active = null;
    if (subscriber != null) {
      vacate(subscriber);
      subscriber.end(lost);
    }
  }

  /** The loop ended before the device. */
  @Override
  public void onUnregistered() {
    if (!released) {
      released = true;
      bursts.end();
      lost = vectors.closedError("wait for " + this);
      endActive();
    }
  }

  /** The device is lost: nothing signals any more. */
  void lose(DriverException why) {
    assert inEventLoop() || loop.isClosed();
    if (!released) {
      lost = why;
      release();
    }
  }

  void unmask() {
    if (automasked) {
      masked = false;
      vectors.unmask(index, vector);
    }
  }

  void tiedTo(EventFdIoHandle tied) {
    this.handle = tied;
  }

  boolean isTied() {
    return handle != null;
  }

  IrqIndex irqIndex() {
    return index;
  }

  int vector() {
    return vector;
  }

  boolean inEventLoop() {
    return loop.inEventLoop();
  }

  /** False when the loop has ended: it releases every vector by itself. */
  boolean execute(Runnable task) {
    try {
      loop.execute(task);
      return true;
    } catch (RejectedExecutionException ended) {
      return false;
    }
  }

  @Override
  public @Nullable Object scanUnsafe(@SuppressWarnings("rawtypes") Attr key) {
    return key == Attr.RUN_STYLE ? Attr.RunStyle.ASYNC : null;
  }

  @Override
  public String stepName() {
    return toString();
  }

  @Override
  public String toString() {
    return vectors.deviceName() + " " + index + " vector " + vector;
  }
}
