package dev.vflux.audio;

import dev.vflux.reactive.DriverLoop;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Exceptions;
import reactor.core.publisher.Operators;

/**
 * The demand of one subscriber, kept by the loop: a request from elsewhere is carried there. What
 * the loop has, it emits when it is wanted. Fields are the loop's.
 */
final class LoopSubscription<T> implements Subscription {

  /** Who has the elements. */
  interface Source {
    /** More is wanted, or anything at all for the first time. */
    void wanted();

    /** Nothing is wanted any more: cancelled, or the subscriber has thrown. */
    void unwanted();
  }

  private final DriverLoop loop;
  private final Source source;
  // forgotten when nothing more is told, as rule 3.13 asks
  private @Nullable CoreSubscriber<? super T> actual;
  private long demand;

  LoopSubscription(DriverLoop loop, CoreSubscriber<? super T> actual, Source source) {
    this.loop = loop;
    this.actual = actual;
    this.source = source;
  }

  /** Gives the subscriber its subscription. */
  void begin() {
    CoreSubscriber<? super T> subscriber = actual;
    if (subscriber != null) {
      subscriber.onSubscribe(this);
    }
  }

  @Override
  public void request(long n) {
    onLoop(() -> requested(n));
  }

  private void requested(long n) {
    if (actual == null) {
      return;
    }
    if (n <= 0) {
      fail(Exceptions.nullOrNegativeRequestException(n));
      source.unwanted();
      return;
    }
    demand = Operators.addCap(demand, n);
    source.wanted();
  }

  @Override
  public void cancel() {
    onLoop(
        () -> {
          if (end() != null) {
            source.unwanted();
          }
        });
  }

  private void onLoop(Runnable task) {
    boolean unusedEnded = OnLoop.run(loop, task);
  }

  boolean wants() {
    return demand > 0 && actual != null;
  }

  /** To be called only when it {@link #wants}. */
  void emit(T element) {
    CoreSubscriber<? super T> subscriber = Objects.requireNonNull(actual);
    if (demand != Long.MAX_VALUE) {
      demand--;
    }
    try {
      subscriber.onNext(element);
    } catch (RuntimeException | Error thrown) {
      Exceptions.throwIfJvmFatal(thrown);
      fail(thrown);
      source.unwanted();
    }
  }

  void complete() {
    CoreSubscriber<? super T> subscriber = end();
    if (subscriber != null) {
      subscriber.onComplete();
    }
  }

  void fail(Throwable error) {
    CoreSubscriber<? super T> subscriber = end();
    if (subscriber != null) {
      subscriber.onError(error);
    }
  }

  private @Nullable CoreSubscriber<? super T> end() {
    CoreSubscriber<? super T> subscriber = actual;
    actual = null;
    return subscriber;
  }
}
