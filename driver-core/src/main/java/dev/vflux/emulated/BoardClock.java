package dev.vflux.emulated;

import java.time.Duration;

/**
 * A board's time: tasks hold the board's lock and do not run once the device is closed or removed.
 * A task that is cancelled under the lock does not run after that, although the clock may already
 * have begun to wait for the lock with it.
 */
final class BoardClock implements DeviceClock {

  private final Board board;
  private final DeviceClock time;

  BoardClock(Board board, DeviceClock time) {
    this.board = board;
    this.time = time;
  }

  @Override
  public long nanos() {
    return time.nanos();
  }

  @Override
  public Task schedule(Duration delay, Runnable task) {
    LockedTask locked = new LockedTask(task);
    Task queued = time.schedule(delay, locked);
    return () -> {
      locked.cancel();
      queued.cancel();
    };
  }

  @Override
  public void close() {
    throw new UnsupportedOperationException("the board closes its clock");
  }

  private final class LockedTask implements Runnable {

    private final Runnable task;
    private boolean cancelled;

    LockedTask(Runnable task) {
      this.task = task;
    }

    @Override
    public void run() {
      synchronized (board.lock) {
        if (!cancelled) {
          board.underLock(task);
        }
      }
    }

    void cancel() {
      synchronized (board.lock) {
        cancelled = true;
      }
    }
  }
}
