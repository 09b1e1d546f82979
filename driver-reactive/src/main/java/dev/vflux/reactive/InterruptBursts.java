package dev.vflux.reactive;

import dev.vflux.vfio.IrqIndex;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Puts the interrupts of one vector together, for the flight recorder. On the loop only. */
final class InterruptBursts {

  /** A pause of this ends a burst: 10 ms. */
  static final long SILENCE_NANOS = 10_000_000;

  /** A burst that goes on is told of in parts of this: 1 s. */
  static final long LONGEST_NANOS = 1_000_000_000;

  // asking a new one each time would allocate until it is compiled
  private static final InterruptBurstEvent PROBE = new InterruptBurstEvent();

  private final DriverLoop loop;
  private final String device;
  private final IrqIndex index;
  private final int vector;
  private @Nullable InterruptBurstEvent open;
  private long begun;
  private long last;

  InterruptBursts(DriverLoop loop, String device, IrqIndex index, int vector) {
    this.loop = loop;
    this.device = device;
    this.index = index;
    this.vector = vector;
  }

  /** Whether somebody records them now. */
  static boolean recorded() {
    return PROBE.isEnabled();
  }

  void delivered(long count) {
    long now = System.nanoTime();
    if (now - begun >= LONGEST_NANOS) {
      end();
    }
    InterruptBurstEvent burst = open;
    if (burst == null) {
      burst = begin(now);
    }
    burst.deliveries++;
    burst.signals += count;
    burst.end();
    last = now;
  }

  private InterruptBurstEvent begin(long now) {
    InterruptBurstEvent burst = new InterruptBurstEvent();
    burst.begin();
    burst.device = device;
    burst.index = index.name();
    burst.vector = vector;
    open = burst;
    begun = now;
    lookAfter(SILENCE_NANOS, burst);
    return burst;
  }

  private void lookAfter(long nanos, InterruptBurstEvent burst) {
    try {
      var unusedTask = loop.eventLoop().schedule(() -> look(burst), nanos, TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException loopEnds) {
      end();
    }
  }

  private void look(InterruptBurstEvent burst) {
    if (open != burst) {
      return;
    }
    long silent = System.nanoTime() - last;
    if (silent >= SILENCE_NANOS) {
      end();
    } else {
      lookAfter(SILENCE_NANOS - silent, burst);
    }
  }

  /** Nothing more belongs to the burst, if there is one. */
  void end() {
    InterruptBurstEvent burst = open;
    open = null;
    if (burst != null) {
      burst.commit();
    }
  }
}
