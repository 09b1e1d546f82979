package dev.vflux.reactive;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Operators;

/** The gate before a handler: the operator asks on one thread, its downstream on another. */
final class DemandGateRaces {

  private DemandGateRaces() {}

  /** A source that counts requests behind the gate, and the operator's end of it. */
  private static final class Gated {

    final DemandGate gate = new DemandGate();
    final AtomicInteger requests = new AtomicInteger();
    private Subscription operator = Operators.emptySubscription();

    Gated() {
      gate.before(Flux.<Integer>from(this::open)).subscribe(new Operator());
    }

    private void open(org.reactivestreams.Subscriber<? super Integer> gateEnd) {
      gateEnd.onSubscribe(
          new Subscription() {
            @Override
            public void request(long n) {
              requests.addAndGet((int) n);
            }

            @Override
            public void cancel() {}
          });
    }

    void ask() {
      operator.request(1);
    }

    private final class Operator implements CoreSubscriber<Integer> {

      @Override
      public void onSubscribe(Subscription given) {
        operator = given;
      }

      @Override
      public void onNext(Integer element) {}

      @Override
      public void onError(Throwable error) {}

      @Override
      public void onComplete() {}
    }
  }

  /** Both have come: one request passes, whichever was first. */
  @JCStressTest
  @Outcome(id = "1", expect = ACCEPTABLE, desc = "passed once")
  @Outcome(id = "0", expect = FORBIDDEN, desc = "each left it to the other")
  @Outcome(expect = FORBIDDEN, desc = "passed twice")
  @State
  public static class WantAndAsk {

    private final Gated gated = new Gated();

    /** The downstream. */
    @Actor
    public void want() {
      gated.gate.want(1);
    }

    /** The operator. */
    @Actor
    public void ask() {
      gated.ask();
    }

    /** Counts. */
    @Arbiter
    public void look(I_Result result) {
      result.r1 = gated.requests.get();
    }
  }

  /** Demand of two threads, for an operator that asks as often. */
  @JCStressTest
  @Outcome(id = "2", expect = ACCEPTABLE, desc = "each once")
  @Outcome(expect = FORBIDDEN, desc = "demand is lost or made up")
  @State
  public static class WantAndWant {

    private final Gated gated = new Gated();

    /** One thread. */
    @Actor
    public void one() {
      gated.gate.want(1);
    }

    /** Another. */
    @Actor
    public void other() {
      gated.gate.want(1);
    }

    /** Asks three times. */
    @Arbiter
    public void look(I_Result result) {
      gated.ask();
      gated.ask();
      gated.ask();
      result.r1 = gated.requests.get();
    }
  }
}
