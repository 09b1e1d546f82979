package dev.vflux.reactive;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;
import reactor.core.publisher.Mono;

/** Something is added while closing begins: it is closed too, or refused. */
final class CloseRaces {

  private static final Duration LIMIT = Duration.ofSeconds(10);

  private CloseRaces() {}

  /** An action of a device's close. */
  @JCStressTest
  @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "accepted and taken")
  @Outcome(id = "0, 0", expect = ACCEPTABLE, desc = "refused")
  @Outcome(id = "1, 0", expect = FORBIDDEN, desc = "accepted and forgotten")
  @Outcome(expect = FORBIDDEN, desc = "refused and taken, or taken twice")
  @State
  public static class AddAndQuiesce {

    private final CloseSequence sequence = new CloseSequence(RaceRig.LOOP, "race", LIMIT);
    private final AtomicInteger taken = new AtomicInteger();

    /** A driver. */
    @Actor
    public void add(II_Result result) {
      RaceRig.pause();
      result.r1 = sequence.add("count", Mono.fromRunnable(taken::incrementAndGet)) ? 1 : 0;
    }

    /** Closes. */
    @Actor
    public void quiesce() {
      sequence.quiesce().block(LIMIT);
    }

    /** Counts. */
    @Arbiter
    public void look(II_Result result) {
      result.r2 = taken.get();
    }
  }

  /** A device on a loop. */
  @JCStressTest
  @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "attached and closed with the loop")
  @Outcome(id = "0, 0", expect = ACCEPTABLE, desc = "refused")
  @Outcome(id = "1, 0", expect = FORBIDDEN, desc = "attached and left open")
  @Outcome(expect = FORBIDDEN, desc = "refused and closed, or closed twice")
  @State
  public static class AttachAndClose {

    private final DriverLoop loop = DriverLoop.create();
    private final AtomicInteger closed = new AtomicInteger();

    /** Opens a device. */
    @Actor
    public void attach(II_Result result) {
      LoopResource resource = () -> Mono.fromRunnable(closed::incrementAndGet);
      result.r1 = loop.attach(resource) ? 1 : 0;
    }

    /** Closes the loop. */
    @Actor
    public void close() {
      loop.close().block(LIMIT);
    }

    /** Counts. */
    @Arbiter
    public void look(II_Result result) {
      result.r2 = closed.get();
    }
  }

  /** Two threads close the same loop. */
  @JCStressTest
  @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "closed once, both see its end")
  @Outcome(expect = FORBIDDEN, desc = "closed twice or not at all, or a caller hears nothing")
  @State
  public static class CloseAndClose {

    private final DriverLoop loop = DriverLoop.create();
    private final AtomicInteger closed = new AtomicInteger();
    private final AtomicInteger ends = new AtomicInteger();

    /** Attaches one device. */
    public CloseAndClose() {
      boolean unusedTrue = loop.attach(() -> Mono.fromRunnable(closed::incrementAndGet));
    }

    /** One thread. */
    @Actor
    public void one() {
      loop.close().block(LIMIT);
      ends.incrementAndGet();
    }

    /** Another. */
    @Actor
    public void other() {
      loop.close().block(LIMIT);
      ends.incrementAndGet();
    }

    /** Counts. */
    @Arbiter
    public void look(II_Result result) {
      result.r1 = closed.get();
      result.r2 = ends.get() == 2 ? 1 : 0;
    }
  }
}
