package dev.vflux.audio;

import dev.vflux.reactive.DriverLoop;
import java.util.concurrent.RejectedExecutionException;
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
  private final CoreSubscriber<? super T> actual;
  private final Source source;
  private long demand;
  private boolean done;

  LoopSubscription(DriverLoop loop, CoreSubscriber<? super T> actual, Source source) {
    this.loop = loop;
    this.actual = actual;
    this.source = source;
  }

  @Override
  public void request(long n) {
    onLoop(() -> requested(n));
  }

  private void requested(long n) {
    if (done) {
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
          if (!done) {
            done = true;
            source.unwanted();
          }
        });
  }

  private void onLoop(Runnable task) {
    if (loop.inEventLoop()) {
      task.run();
      return;
    }
    try {
      loop.execute(task);
    } catch (RejectedExecutionException ended) {
      // the loop ended the stream before it ended
      return;
    }
  }

  boolean wants() {
    return demand > 0 && !done;
  }

  /** To be called only when it {@link #wants}. */
  void emit(T element) {
    if (demand != Long.MAX_VALUE) {
      demand--;
    }
    try {
      actual.onNext(element);
    } catch (RuntimeException | Error thrown) {
      Exceptions.throwIfJvmFatal(thrown);
      fail(thrown);
      source.unwanted();
    }
  }

  void complete() {
    if (!done) {
      done = true;
      actual.onComplete();
    }
  }

  void fail(Throwable error) {
    if (!done) {
      done = true;
      actual.onError(error);
    }
  }
}
