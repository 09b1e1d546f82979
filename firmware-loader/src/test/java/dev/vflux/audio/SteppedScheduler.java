package dev.vflux.audio;

import dev.vflux.emulated.DeviceClock;
import dev.vflux.emulated.SteppedClock;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.scheduler.Scheduler;

/**
 * The driver's time, which passes when the test says so: what is due is done before {@link
 * #advance} returns. Reactor's virtual time would do, but while one thread moves it, it can lose
 * what another schedules. Any thread may schedule.
 */
final class SteppedScheduler implements Scheduler {

  private final SteppedClock clock = DeviceClock.stepped();
  private volatile Executor now = Runnable::run;

  /** Where what has no delay is done. */
  void attach(Executor executor) {
    now = executor;
  }

  /** Lets time pass, and does on this thread what becomes due. */
  void advance(Duration time) {
    clock.advance(time);
  }

  @Override
  public long now(TimeUnit unit) {
    return unit.convert(clock.nanos(), TimeUnit.NANOSECONDS);
  }

  @Override
  public Disposable schedule(Runnable task) {
    Disposable.Swap wanted = Disposables.swap();
    now.execute(
        () -> {
          if (!wanted.isDisposed()) {
            task.run();
          }
        });
    return wanted;
  }

  @Override
  public Disposable schedule(Runnable task, long delay, TimeUnit unit) {
    return delay <= 0 ? schedule(task) : after(unit.toNanos(delay), task);
  }

  private Disposable after(long nanos, Runnable task) {
    return clock.schedule(Duration.ofNanos(nanos), task)::cancel;
  }

  @Override
  public Disposable schedulePeriodically(
      Runnable task, long initialDelay, long period, TimeUnit unit) {
    Disposable.Swap next = Disposables.swap();
    long nanos = unit.toNanos(period);
    Runnable again =
        new Runnable() {
          @Override
          public void run() {
            boolean unusedEnded = next.replace(after(nanos, this));
            task.run();
          }
        };
    boolean unusedEnded = next.replace(after(unit.toNanos(initialDelay), again));
    return next;
  }

  @Override
  public Worker createWorker() {
    return new SteppedWorker();
  }

  @Override
  public void dispose() {
    clock.close();
  }

  private final class SteppedWorker implements Worker {

    private final Disposable.Composite tasks = Disposables.composite();

    private Disposable add(Disposable task) {
      boolean unusedEnded = tasks.add(task);
      return task;
    }

    @Override
    public Disposable schedule(Runnable task) {
      return add(SteppedScheduler.this.schedule(task));
    }

    @Override
    public Disposable schedule(Runnable task, long delay, TimeUnit unit) {
      return add(SteppedScheduler.this.schedule(task, delay, unit));
    }

    @Override
    public Disposable schedulePeriodically(
        Runnable task, long initialDelay, long period, TimeUnit unit) {
      return add(SteppedScheduler.this.schedulePeriodically(task, initialDelay, period, unit));
    }

    @Override
    public void dispose() {
      tasks.dispose();
    }

    @Override
    public boolean isDisposed() {
      return tasks.isDisposed();
    }
  }
}
