package dev.vflux.testing;

import dev.vflux.vfio.EventFd;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Bounded waits of tests for something that another thread or a device does. Any thread. */
public final class Await {

  /** How long a test waits before it fails; only ever reached by a failing test. */
  public static final Duration LIMIT = Duration.ofSeconds(10);

  private static final Duration EVERY = Duration.ofNanos(50_000);

  private Await() {}

  /**
   * Waits for a condition.
   *
   * @param what the condition in words, for the failure
   * @param condition looked at every 50 microseconds or so
   * @throws AssertionError when it does not hold within {@link #LIMIT}
   */
  public static void until(String what, BooleanSupplier condition) {
    long start = System.nanoTime();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - start > LIMIT.toNanos()) {
        throw new AssertionError("not within " + LIMIT + ": " + what);
      }
      LockSupport.parkNanos(EVERY.toNanos());
    }
  }

  /**
   * Waits for signals and takes them.
   *
   * @param trigger the eventfd
   * @return how many there were, at least one
   * @throws AssertionError when none comes within {@link #LIMIT}
   */
  public static long signal(EventFd trigger) {
    return signals(trigger, 1);
  }

  /**
   * Waits for a number of signals and takes them.
   *
   * @param trigger the eventfd
   * @param wanted how many
   * @return how many there were, at least as many as wanted
   * @throws AssertionError when fewer come within {@link #LIMIT}
   */
  public static long signals(EventFd trigger, long wanted) {
    long[] count = {0};
    until(
        wanted + " signals of " + trigger,
        () -> {
          count[0] += trigger.drain();
          return count[0] >= wanted;
        });
    return count[0];
  }
}
