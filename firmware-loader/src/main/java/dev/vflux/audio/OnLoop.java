package dev.vflux.audio;

import dev.vflux.reactive.DriverLoop;
import java.util.concurrent.RejectedExecutionException;

/** The one fork of every entry: at once on the loop, else as a task of it. Any thread. */
final class OnLoop {

  private OnLoop() {}

  /**
   * Runs a task on a loop.
   *
   * @return false when the loop has ended, and with it every stream
   */
  static boolean run(DriverLoop loop, Runnable task) {
    if (loop.inEventLoop()) {
      task.run();
      return true;
    }
    try {
      loop.execute(task);
      return true;
    } catch (RejectedExecutionException ended) {
      return false;
    }
  }
}
