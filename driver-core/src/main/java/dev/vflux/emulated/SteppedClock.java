package dev.vflux.emulated;

import java.time.Duration;

/**
 * A clock that stands still until somebody advances it: for tests that want to be exact and fast.
 * Any thread may schedule; the tasks run on the thread that advances, one thread at a time.
 */
public final class SteppedClock implements DeviceClock {

  private final TaskQueue queue = new TaskQueue();
  private final Object stepping = new Object();
  private volatile long now;

  SteppedClock() {}

  @Override
  public long nanos() {
    return now;
  }

  @Override
  public Task schedule(Duration delay, Runnable task) {
    return queue.add(now, delay, task);
  }

  /**
   * Lets time pass and runs what becomes due in it, also what those tasks schedule.
   *
   * @param time how much
   */
  public void advance(Duration time) {
    synchronized (stepping) {
      long until = now + Math.max(0, time.toNanos());
      while (step(until)) {
        // each step runs one task
      }
      now = until;
    }
  }

  /**
   * Jumps to the next task and runs it.
   *
   * @return false when there is none; time stands still then
   */
  public boolean runNext() {
    synchronized (stepping) {
      return step(Long.MAX_VALUE);
    }
  }

  private boolean step(long until) {
    TaskQueue.Entry entry = queue.take(until);
    if (entry == null) {
      return false;
    }
    now = Math.max(now, entry.due);
    entry.task.run();
    return true;
  }

  @Override
  public void close() {
    queue.close();
  }
}
