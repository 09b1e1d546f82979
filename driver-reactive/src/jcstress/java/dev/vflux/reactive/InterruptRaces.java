package dev.vflux.reactive;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.vflux.testing.Await;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.I_Result;
import reactor.core.Scannable;

/** What two threads can do to the publisher of a vector at the same moment. */
final class InterruptRaces {

  private InterruptRaces() {}

  /** The count that was read for a subscriber who leaves is written back. */
  @JCStressTest
  @Outcome(id = "1, 0", expect = ACCEPTABLE, desc = "delivered before the cancel")
  @Outcome(id = "0, 1", expect = ACCEPTABLE, desc = "kept in the eventfd, or written back")
  @Outcome(id = "0, 0", expect = FORBIDDEN, desc = "the signal is lost")
  @Outcome(id = "1, 1", expect = FORBIDDEN, desc = "delivered and written back")
  @State
  public static class CancelAndSignal {

    private final RaceRig rig = new RaceRig().tied();
    private final RaceRig.Counting subscriber = new RaceRig.Counting(Long.MAX_VALUE);

    /** Subscribes. */
    public CancelAndSignal() {
      rig.source.subscribe(subscriber);
    }

    /** The device. */
    @Actor
    public void signal() {
      rig.trigger().signal();
    }

    /** Another thread. */
    @Actor
    public void cancel() {
      RaceRig.pause();
      subscriber.subscription.cancel();
    }

    /** Looks on the loop, where nothing is under way. */
    @Arbiter
    public void look(II_Result result) {
      RaceRig.onLoop(
          () -> {
            result.r1 = (int) subscriber.seen;
            result.r2 = (int) rig.trigger().drain();
          });
      rig.close();
    }
  }

  /** Demand and signal meet, whichever comes first. */
  @JCStressTest
  @Outcome(id = "1", expect = ACCEPTABLE, desc = "delivered")
  @Outcome(id = "0", expect = FORBIDDEN, desc = "demand and a signal, and nothing is delivered")
  @Outcome(expect = FORBIDDEN, desc = "delivered more than once")
  @State
  public static class RequestAndSignal {

    private final RaceRig rig = new RaceRig().tied();
    private final RaceRig.Counting subscriber = new RaceRig.Counting(0);

    /** Subscribes without demand. */
    public RequestAndSignal() {
      rig.source.subscribe(subscriber);
    }

    /** The device. */
    @Actor
    public void signal() {
      rig.trigger().signal();
    }

    /** Another thread. */
    @Actor
    public void request() {
      RaceRig.pause();
      subscriber.subscription.request(1);
    }

    /** Waits a bounded time. */
    @Arbiter
    public void look(I_Result result) {
      try {
        Await.until("delivered", () -> subscriber.seen > 0);
      } catch (AssertionError late) {
        result.r1 = 0;
        return;
      }
      RaceRig.onLoop(() -> result.r1 = (int) (subscriber.seen + rig.trigger().drain()));
      rig.close();
    }
  }

  /** Demand of two threads adds up. */
  @JCStressTest
  @Outcome(id = "5", expect = ACCEPTABLE, desc = "the sum")
  @Outcome(expect = FORBIDDEN, desc = "demand is lost or made up")
  @State
  public static class RequestAndRequest {

    private final RaceRig rig = new RaceRig();
    private final RaceRig.Counting subscriber = new RaceRig.Counting(0);

    /** Subscribes without demand. */
    public RequestAndRequest() {
      rig.source.subscribe(subscriber);
    }

    /** One thread. */
    @Actor
    public void one() {
      subscriber.subscription.request(2);
    }

    /** Another. */
    @Actor
    public void other() {
      subscriber.subscription.request(3);
    }

    /** Asks the subscription. */
    @Arbiter
    public void look(I_Result result) {
      RaceRig.onLoop(
          () -> {
            Long demand =
                ((Scannable) subscriber.subscription)
                    .scan(Scannable.Attr.REQUESTED_FROM_DOWNSTREAM);
            result.r1 = demand == null ? -1 : demand.intValue();
          });
      rig.close();
    }
  }

  /** A subscriber hears of the end once, or not at all when it left. */
  @JCStressTest
  @Outcome(id = "1", expect = ACCEPTABLE, desc = "completed before the cancel")
  @Outcome(id = "0", expect = ACCEPTABLE, desc = "cancelled before the end")
  @Outcome(expect = FORBIDDEN, desc = "two ends")
  @State
  public static class CancelAndComplete {

    private final RaceRig rig = new RaceRig();
    private final RaceRig.Counting subscriber = new RaceRig.Counting(1);

    /** Subscribes. */
    public CancelAndComplete() {
      rig.source.subscribe(subscriber);
    }

    /** The device closes. */
    @Actor
    public void close() {
      rig.close();
    }

    /** Another thread. */
    @Actor
    public void cancel() {
      RaceRig.pause();
      subscriber.subscription.cancel();
    }

    /** Counts. */
    @Arbiter
    public void look(I_Result result) {
      RaceRig.onLoop(() -> result.r1 = subscriber.ends);
    }
  }

  /** A vector has one subscriber. */
  @JCStressTest
  @Outcome(id = "0, 1", expect = ACCEPTABLE, desc = "the first has it")
  @Outcome(id = "1, 0", expect = ACCEPTABLE, desc = "the second has it")
  @Outcome(id = "0, 0", expect = FORBIDDEN, desc = "both have it")
  @Outcome(id = "1, 1", expect = FORBIDDEN, desc = "nobody has it")
  @State
  public static class SubscribeAndSubscribe {

    private final RaceRig rig = new RaceRig();
    private final RaceRig.Counting first = new RaceRig.Counting(1);
    private final RaceRig.Counting second = new RaceRig.Counting(1);

    /** One thread. */
    @Actor
    public void one() {
      rig.source.subscribe(first);
    }

    /** Another. */
    @Actor
    public void other() {
      rig.source.subscribe(second);
    }

    /** Counts refusals. */
    @Arbiter
    public void look(II_Result result) {
      result.r1 = first.refused;
      result.r2 = second.refused;
      rig.close();
    }
  }

  /** Nobody is left waiting by a device that closes meanwhile. */
  @JCStressTest
  @Outcome(id = "1", expect = ACCEPTABLE, desc = "completed, or refused because it is closed")
  @Outcome(id = "0", expect = FORBIDDEN, desc = "waits for ever")
  @Outcome(expect = FORBIDDEN, desc = "two ends")
  @State
  public static class SubscribeAndClose {

    private final RaceRig rig = new RaceRig();
    private final RaceRig.Counting subscriber = new RaceRig.Counting(1);

    /** One thread. */
    @Actor
    public void subscribe() {
      RaceRig.pause();
      rig.source.subscribe(subscriber);
    }

    /** The device closes. */
    @Actor
    public void close() {
      rig.close();
    }

    /** Counts. */
    @Arbiter
    public void look(I_Result result) {
      RaceRig.onLoop(() -> result.r1 = subscriber.ends);
    }
  }
}
