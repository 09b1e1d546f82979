package dev.vflux.hda;

import dev.vflux.reactive.Interrupt;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Scannable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxOperator;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * Serves each interrupt before it is emitted, one for one, by an object that is open only while the
 * subscriber looks at it.
 */
final class ServedInterrupts extends FluxOperator<Interrupt, ServedInterrupt> {

  private final ServedFlyweight served;
  private final Runnable serve;

  private ServedInterrupts(Flux<Interrupt> source, ServedFlyweight served, Runnable serve) {
    super(source);
    this.served = served;
    this.serve = serve;
  }

  /** For one subscription: runs what finds out about an interrupt and puts it into the object. */
  static Flux<ServedInterrupt> of(Flux<Interrupt> source, ServedFlyweight served, Runnable serve) {
    return onAssembly(new ServedInterrupts(source, served, serve));
  }

  @Override
  public void subscribe(CoreSubscriber<? super ServedInterrupt> actual) {
    source.subscribe(new Serving(actual, served, serve));
  }

  private static final class Serving implements CoreSubscriber<Interrupt>, Scannable {

    private final CoreSubscriber<? super ServedInterrupt> actual;
    private final ServedFlyweight served;
    private final Runnable serve;
    private @Nullable Subscription upstream;
    private boolean done;

    Serving(
        CoreSubscriber<? super ServedInterrupt> actual, ServedFlyweight served, Runnable serve) {
      this.actual = actual;
      this.served = served;
      this.serve = serve;
    }

    @Override
    public Context currentContext() {
      return actual.currentContext();
    }

    @Override
    public void onSubscribe(Subscription subscription) {
      upstream = subscription;
      actual.onSubscribe(subscription);
    }

    @Override
    public void onNext(Interrupt interrupt) {
      if (done) {
        return;
      }
      try {
        serve.run();
      } catch (Throwable thrown) {
        // as every operator: what cannot be served ends the stream
        onError(Operators.onOperatorError(upstream, thrown, interrupt, currentContext()));
        return;
      }
      served.open(interrupt);
      try {
        actual.onNext(served);
      } finally {
        served.close();
      }
    }

    @Override
    public void onError(Throwable error) {
      if (done) {
        Operators.onErrorDropped(error, currentContext());
        return;
      }
      done = true;
      actual.onError(error);
    }

    @Override
    public void onComplete() {
      if (!done) {
        done = true;
        actual.onComplete();
      }
    }

    @Override
    public @Nullable Object scanUnsafe(@SuppressWarnings("rawtypes") Attr key) {
      if (key == Attr.PARENT) {
        return upstream;
      }
      if (key == Attr.ACTUAL) {
        return actual;
      }
      if (key == Attr.TERMINATED) {
        return done;
      }
      return key == Attr.RUN_STYLE ? Attr.RunStyle.SYNC : null;
    }
  }
}
