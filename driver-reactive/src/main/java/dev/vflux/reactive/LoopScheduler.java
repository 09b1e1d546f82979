package dev.vflux.reactive;

import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Exceptions;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * The loop as a Reactor scheduler. With a timer of the user's (virtual time), due tasks still run
 * on the loop, and a thread that moves the time waits for each of them: what a task schedules next
 * is then known before the time moves on. Once that timer is disposed, as StepVerifier does when it
 * is done, time is real, so that what is still open can be closed.
 */
final class LoopScheduler implements Scheduler {

  /** How long a thread that moves virtual time waits for one task of the loop. */
  static final Duration STEP_LIMIT = Duration.ofSeconds(10);

  private final DriverLoop loop;
  private final Scheduler real;
  private final @Nullable Scheduler timer;
  private final long epochNanos = TimeUnit.MILLISECONDS.toNanos(System.currentTimeMillis());
  private final long startNanos = System.nanoTime();

  LoopScheduler(DriverLoop loop, Scheduler real, @Nullable Scheduler timer) {
    this.loop = loop;
    this.real = real;
    this.timer = timer;
  }

  private Scheduler current() {
    return timer == null || timer.isDisposed() ? real : timer;
  }

  private Runnable onLoop(Scheduler on, Runnable task) {
    return on == real ? task : () -> step(task);
  }

  private void step(Runnable task) {
    if (loop.inEventLoop()) {
      task.run();
    } else if (Schedulers.isInNonBlockingThread()) {
      loop.execute(task);
    } else {
      FutureTask<@Nullable Void> done = new FutureTask<>(task, null);
      loop.execute(done);
      awaitStep(done);
    }
  }

  private void awaitStep(FutureTask<@Nullable Void> done) {
    try {
      done.get(STEP_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw Exceptions.propagate(interrupted);
    } catch (ExecutionException failed) {
      throw Exceptions.propagate(failed.getCause() == null ? failed : failed.getCause());
    } catch (TimeoutException stuck) {
      throw new IllegalStateException(
          loop + " did not finish a task within " + STEP_LIMIT + " of virtual time's step", stuck);
    }
  }

  @Override
  public Disposable schedule(Runnable task) {
    Scheduler on = current();
    return on.schedule(onLoop(on, task));
  }

  @Override
  public Disposable schedule(Runnable task, long delay, TimeUnit unit) {
    Scheduler on = current();
    return on.schedule(onLoop(on, task), delay, unit);
  }

  @Override
  public Disposable schedulePeriodically(
      Runnable task, long initialDelay, long period, TimeUnit unit) {
    Scheduler on = current();
    return on.schedulePeriodically(onLoop(on, task), initialDelay, period, unit);
  }

  @Override
  public Worker createWorker() {
    return new LoopWorker(current());
  }

  // nanosecond steps that never go back; Reactor's default counts wall-clock milliseconds
  @Override
  public long now(TimeUnit unit) {
    return timer != null && current() == timer
        ? timer.now(unit)
        : unit.convert(epochNanos + (System.nanoTime() - startNanos), TimeUnit.NANOSECONDS);
  }

  /** Does nothing: the loop ends by {@link DriverLoop#close()}. */
  @Override
  public void dispose() {}

  @Override
  public boolean isDisposed() {
    return loop.isClosed();
  }

  @Override
  public String toString() {
    return loop.toString();
  }

  private final class LoopWorker implements Worker {

    private final Scheduler on;
    private final Worker worker;

    LoopWorker(Scheduler on) {
      this.on = on;
      this.worker = on.createWorker();
    }

    @Override
    public Disposable schedule(Runnable task) {
      return worker.schedule(onLoop(on, task));
    }

    @Override
    public Disposable schedule(Runnable task, long delay, TimeUnit unit) {
      return worker.schedule(onLoop(on, task), delay, unit);
    }

    @Override
    public Disposable schedulePeriodically(
        Runnable task, long initialDelay, long period, TimeUnit unit) {
      return worker.schedulePeriodically(onLoop(on, task), initialDelay, period, unit);
    }

    @Override
    public void dispose() {
      worker.dispose();
    }

    @Override
    public boolean isDisposed() {
      return worker.isDisposed();
    }
  }
}
