package dev.vflux.emulated;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Device time that passes by itself, {@code rate} times as fast as real time. Its thread is the
 * only one that ever waits: scheduling takes a monitor for some instructions and unparks, so an
 * event loop may do it.
 */
final class RealTimeClock implements DeviceClock {

  private static final Logger LOG = LoggerFactory.getLogger(RealTimeClock.class);

  private final TaskQueue queue = new TaskQueue();
  private final long start = System.nanoTime();
  private final int rate;
  private final Object lock;
  private final Thread thread;

  /** Tasks are taken and run with the lock held, so that their order is the same for everybody. */
  RealTimeClock(String name, int rate, Object lock) {
    this.rate = rate;
    this.lock = lock;
    this.thread = new Thread(this::run, "emulated-" + name);
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public long nanos() {
    return (System.nanoTime() - start) * rate;
  }

  @Override
  public Task schedule(Duration delay, Runnable task) {
    TaskQueue.Entry entry = queue.add(nanos(), delay, task);
    LockSupport.unpark(thread);
    return entry;
  }

  @Override
  public void close() {
    queue.close();
    LockSupport.unpark(thread);
  }

  private void run() {
    while (!queue.isClosed()) {
      if (!runNext(nanos())) {
        await(queue.nextDue());
      }
    }
  }

  /** Runs what is due already, although the clock's thread was not given the processor yet. */
  void catchUp() {
    long now = nanos();
    boolean more = true;
    while (more) {
      more = runNext(now);
    }
  }

  private boolean runNext(long now) {
    synchronized (lock) {
      TaskQueue.Entry entry = queue.take(now);
      if (entry == null) {
        return false;
      }
      guard(entry.task);
      return true;
    }
  }

  private void await(long due) {
    if (due == Long.MAX_VALUE) {
      LockSupport.park(this);
    } else {
      LockSupport.parkNanos(this, Math.max(1, (due - nanos()) / rate));
    }
  }

  // A task that fails must not stop the device's time.
  private static void guard(Runnable task) {
    try {
      task.run();
    } catch (RuntimeException failure) {
      LOG.error("a task of an emulated device failed", failure);
    }
  }
}
