package dev.vflux.reactive;

import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Exceptions;
import reactor.core.Scannable;
import reactor.core.publisher.Operators;

/** One subscriber of a vector. Calls come from any thread; demand is the loop's. */
final class InterruptSubscription implements Subscription, Scannable {

  private final InterruptFlux source;
  private final CoreSubscriber<? super Interrupt> actual;
  private final boolean unmaskFirst;
  private final InterruptFlyweight event;
  private volatile boolean ended;

  // owned by the loop
  private long demand;
  private boolean active;
  private @Nullable IllegalArgumentException refused;

  InterruptSubscription(
      InterruptFlux source, CoreSubscriber<? super Interrupt> actual, boolean unmaskFirst) {
    this.source = source;
    this.actual = actual;
    this.unmaskFirst = unmaskFirst;
    this.event = new InterruptFlyweight(source);
  }

  @Override
  public void request(long n) {
    if (source.inEventLoop()) {
      add(n);
    } else if (!ended) {
      boolean unusedResult = source.execute(() -> add(n));
    }
  }

  private void add(long n) {
    if (ended) {
      return;
    }
    if (n <= 0) {
      refuse(
          new IllegalArgumentException(
              "request(" + n + ") on " + source + ": demand must be positive (rule 3.9)"));
      return;
    }
    demand = Operators.addCap(demand, n);
    source.demandChanged(this);
  }

  // not before onSubscribe has returned, which may still run on another thread (rule 1.3)
  private void refuse(IllegalArgumentException error) {
    if (active) {
      source.fail(this, error);
    } else if (refused == null) {
      refused = error;
    }
  }

  /** The source's active subscription from now on, after onSubscribe; on the loop. */
  void activated() {
    active = true;
    if (refused != null) {
      source.fail(this, refused);
    }
  }

  @Override
  public void cancel() {
    if (!ended) {
      ended = true;
      source.left(this);
    }
  }

  boolean unmaskFirst() {
    return unmaskFirst;
  }

  boolean ended() {
    return ended;
  }

  boolean wants() {
    return demand > 0 && !ended;
  }

  /** False when the subscriber left before it could see the count. */
  boolean deliver(long count, long noticed) {
    if (ended) {
      return false;
    }
    if (demand != Long.MAX_VALUE) {
      demand--;
    }
    event.open(count, noticed);
    try {
      actual.onNext(event);
    } finally {
      event.close();
    }
    return true;
  }

  void end(@Nullable Throwable error) {
    if (!ended) {
      ended = true;
      signalEnd(error);
    }
  }

  private void signalEnd(@Nullable Throwable error) {
    try {
      if (error == null) {
        actual.onComplete();
      } else {
        actual.onError(error);
      }
    } catch (Throwable thrown) {
      // guard of the loop: what ends many subscribers must reach each of them
      Operators.onErrorDropped(thrown, actual.currentContext());
    }
  }

  void thrown(Throwable thrown) {
    boolean gone = ended;
    ended = true;
    // onOperatorError throws what is fatal to the JVM, before the subscriber hears of it
    Throwable seen =
        Exceptions.isJvmFatal(thrown)
            ? thrown
            : Operators.onOperatorError(null, thrown, actual.currentContext());
    if (gone) {
      Operators.onErrorDropped(seen, actual.currentContext());
    } else {
      signalEnd(seen);
    }
    Exceptions.throwIfJvmFatal(thrown);
  }

  @Override
  public @Nullable Object scanUnsafe(@SuppressWarnings("rawtypes") Attr key) {
    if (key == Attr.ACTUAL) {
      return actual;
    }
    if (key == Attr.PARENT) {
      return source;
    }
    if (key == Attr.CANCELLED || key == Attr.TERMINATED) {
      return ended;
    }
    if (key == Attr.REQUESTED_FROM_DOWNSTREAM) {
      return demand;
    }
    return key == Attr.RUN_STYLE ? Attr.RunStyle.ASYNC : null;
  }
}
