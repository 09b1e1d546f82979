package dev.vflux.emulated;

import java.time.Duration;

/**
 * A device's own time: every delay of a model goes through it, so that a test can step it. Any
 * thread.
 */
public interface DeviceClock extends AutoCloseable {

  /** Something that will be done later. */
  interface Task {

    /**
     * Takes it back; does nothing when it has run already. On a board's clock, a task that was
     * cancelled under the board's lock does not run after that.
     */
    void cancel();
  }

  /**
   * The time now.
   *
   * @return nanoseconds since some fixed moment; never goes back
   */
  long nanos();

  /**
   * Does something later, in time order, one at a time. Tasks that are due at the same moment run
   * in the order they were scheduled.
   *
   * @param delay how much later; not negative
   * @param task what to do; called on the clock's thread, or by whoever accesses the device after
   *     it became due
   * @return to take it back
   * @throws IllegalArgumentException when the delay is negative
   */
  Task schedule(Duration delay, Runnable task);

  /** Drops all tasks; later ones are dropped too. A second call does nothing. */
  @Override
  void close();

  /**
   * A clock of real time, with a daemon thread of its own.
   *
   * @param name the thread is called {@code emulated-<name>}
   * @return a running clock, owned by the caller, who closes it
   */
  static DeviceClock realTime(String name) {
    return new RealTimeClock(name, 1, new Object());
  }

  /**
   * A clock that stands still until it is advanced; tasks run on the thread that advances it.
   *
   * @return a clock at time 0
   */
  static SteppedClock stepped() {
    return new SteppedClock();
  }
}
