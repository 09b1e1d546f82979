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

  private static final int WARM_UP = 20_000;
  private static final int MEASURED = 20_000;
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private Allocation() {}

  /**
   * Does something 20 000 times, after as many times to warm up.
   *
   * @param call what to do
   * @return bytes that all measured calls allocated together
   */
  public static long of(Runnable call) {
    long thread = Thread.currentThread().getId();
    // its first use allocates
    long unusedBytes = THREADS.getThreadAllocatedBytes(thread);
    repeat(call, WARM_UP);
    long before = THREADS.getThreadAllocatedBytes(thread);
    repeat(call, MEASURED);
    return THREADS.getThreadAllocatedBytes(thread) - before;
  }

  private static void repeat(Runnable call, int times) {
    for (int i = 0; i < times; i++) {
      call.run();
    }
  }
}
