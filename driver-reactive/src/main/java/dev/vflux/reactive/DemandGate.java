package dev.vflux.reactive;

import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * Stands before an operator that makes one element of each and asks for them one at a time, and
 * lets it ask only while its downstream wants more. One subscription; any thread.
 */
final class DemandGate {

  private long wanted;
  private boolean asked;
  private @Nullable Subscription upstream;

  /** The operator's source, seen through the gate. */
  <T> Flux<T> before(Flux<T> source) {
    return source.transform(Operators.<T, T>lift((unusedSource, actual) -> new Asking<>(actual)));
  }

  /** The operator's downstream asked for more. */
  void want(long n) {
    if (n > 0) {
      synchronized (this) {
        wanted = Operators.addCap(wanted, n);
      }
      pass();
    }
  }

  private void ask() {
    synchronized (this) {
      asked = true;
    }
    pass();
  }

  // requests without the lock: what it calls may come back here
  private void pass() {
    Subscription source;
    synchronized (this) {
      if (!asked || wanted == 0) {
        return;
      }
      asked = false;
      wanted = wanted == Long.MAX_VALUE ? wanted : wanted - 1;
      source = upstream;
    }
    if (source != null) {
      source.request(1);
    }
  }

  private synchronized void open(Subscription source) {
    upstream = source;
  }

  private final class Asking<T> implements CoreSubscriber<T>, Subscription {

    private final CoreSubscriber<? super T> actual;
    private @Nullable Subscription source;

    Asking(CoreSubscriber<? super T> actual) {
      this.actual = actual;
    }

    @Override
    public Context currentContext() {
      return actual.currentContext();
    }

    @Override
    public void onSubscribe(Subscription subscription) {
      source = subscription;
      open(subscription);
      actual.onSubscribe(this);
    }

    @Override
    public void request(long unusedOne) {
      ask();
    }

    @Override
    public void cancel() {
      if (source != null) {
        source.cancel();
      }
    }

    @Override
    public void onNext(T element) {
      actual.onNext(element);
    }

    @Override
    public void onError(Throwable error) {
      actual.onError(error);
    }

    @Override
    public void onComplete() {
      actual.onComplete();
    }
  }
}
