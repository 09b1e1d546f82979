package dev.vflux.testing;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/** What the calling thread allocates while it does something many times. */
public final class Allocation {

  /**
   * For all calls together: what the JVM itself allocates once, while it compiles. An object is at
   * least 16 bytes, so one for every 32nd call is already too much.
   */
  public static final long ALLOWED_BYTES = 10_000;

  private static final int CALLS = 20_000;
  private static final int ROUNDS = 10;
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private Allocation() {}

  /**
   * Does something 20 000 times, again and again until it is compiled: in the background, so that
   * no number of calls is sure to be enough. What allocates by itself does so in every round.
   *
   * @param call what to do
   * @return bytes that all calls of a round allocated together, in the best of at most ten rounds
   */
  public static long of(Runnable call) {
    long thread = Thread.currentThread().getId();
    // its first use allocates
    long unusedBytes = THREADS.getThreadAllocatedBytes(thread);
    long least = Long.MAX_VALUE;
    for (int round = 0; round < ROUNDS && least > ALLOWED_BYTES; round++) {
      long before = THREADS.getThreadAllocatedBytes(thread);
      repeat(call);
      least = Math.min(least, THREADS.getThreadAllocatedBytes(thread) - before);
    }
    return least;
  }

  private static void repeat(Runnable call) {
    for (int i = 0; i < CALLS; i++) {
      call.run();
    }
  }
}
