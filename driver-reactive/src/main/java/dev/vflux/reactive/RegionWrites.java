package dev.vflux.reactive;

import dev.vflux.vfio.DriverException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Exceptions;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Operators;

/**
 * The writes of one region, to any number of subscribers. A subscriber without demand is ended with
 * an error: nothing is queued for it. Subscribed to on any thread, emits on the loop.
 */
final class RegionWrites extends Flux<RegionWrite> {

  private final ReactiveRegion region;
  private final DriverLoop loop;

  // replaced, never changed: a write keeps the list of those who watched when it was made
  private volatile List<Watch> watches = List.of();
  private boolean completed;
  private @Nullable DriverException failure;

  RegionWrites(ReactiveRegion region, DriverLoop loop) {
    this.region = region;
    this.loop = loop;
  }

  Flux<RegionWrite> assembled() {
    return onAssembly(this);
  }

  @Override
  public void subscribe(CoreSubscriber<? super RegionWrite> actual) {
    Watch watch = new Watch(actual);
    actual.onSubscribe(watch);
    if (add(watch)) {
      watch.activate();
    } else {
      watch.end(failure());
    }
  }

  private synchronized boolean add(Watch watch) {
    if (completed || watch.ended.get()) {
      return false;
    }
    List<Watch> more = new ArrayList<>(watches);
    more.add(watch);
    watches = List.copyOf(more);
    region.watched(true);
    return true;
  }

  private synchronized void remove(Watch watch) {
    watches = watches.stream().filter(other -> other != watch).toList();
    region.watched(!watches.isEmpty());
  }

  // always a task of its own, also on the loop: a watcher can neither break nor recurse into the
  // driver that writes
  void written(long offset, int width, long value) {
    RegionWrite write = new RegionWrite(offset, width, value, System.nanoTime());
    List<Watch> watching = watches;
    execute(() -> emit(write, watching));
  }

  private void emit(RegionWrite write, List<Watch> watching) {
    assert loop.inEventLoop();
    for (Watch watch : watching) {
      watch.next(write);
    }
  }

  private synchronized @Nullable DriverException failure() {
    return failure;
  }

  /**
   * No writes follow, because the device is closed or, with an error, is lost; on the loop, or
   * before anybody can watch.
   */
  void end(@Nullable DriverException why) {
    assert watches.isEmpty() || loop.inEventLoop() || loop.isClosed();
    synchronized (this) {
      if (completed) {
        return;
      }
      completed = true;
      failure = why;
    }
    for (Watch watch : watches) {
      watch.end(why);
    }
  }

  private void execute(Runnable task) {
    try {
      loop.execute(task);
    } catch (RejectedExecutionException ended) {
      // the loop completed every watch before it ended
      return;
    }
  }

  private final class Watch implements Subscription {

    private final CoreSubscriber<? super RegionWrite> actual;
    private final AtomicLong demand = new AtomicLong();
    private final AtomicBoolean ended = new AtomicBoolean();
    private boolean active;
    private @Nullable IllegalArgumentException refused;

    Watch(CoreSubscriber<? super RegionWrite> actual) {
      this.actual = actual;
    }

    @Override
    public void request(long n) {
      if (n > 0) {
        demand.accumulateAndGet(n, Operators::addCap);
      } else {
        refuse(
            new IllegalArgumentException(
                "request(" + n + ") on " + region + ": demand must be positive (rule 3.9)"));
      }
    }

    // not before onSubscribe has returned, which may still run on another thread (rule 1.3)
    private void refuse(IllegalArgumentException error) {
      synchronized (this) {
        if (!active) {
          refused = error;
          return;
        }
      }
      execute(() -> end(error));
    }

    void activate() {
      IllegalArgumentException error;
      synchronized (this) {
        active = true;
        error = refused;
      }
      if (error != null) {
        execute(() -> end(error));
      }
    }

    @Override
    public void cancel() {
      ended.set(true);
      remove(this);
    }

    void next(RegionWrite write) {
      if (ended.get()) {
        return;
      }
      if (demand.get() == 0) {
        end(new RegionWriteOverflowException(region.toString(), write));
        return;
      }
      demand.updateAndGet(left -> left == Long.MAX_VALUE ? left : left - 1);
      try {
        actual.onNext(write);
      } catch (Throwable thrown) {
        // guard of the loop: the other watchers still see the write
        end(
            Exceptions.isJvmFatal(thrown)
                ? thrown
                : Operators.onOperatorError(null, thrown, actual.currentContext()));
      }
    }

    void end(@Nullable Throwable error) {
      if (!ended.compareAndSet(false, true)) {
        return;
      }
      remove(this);
      try {
        if (error == null) {
          actual.onComplete();
        } else {
          actual.onError(error);
        }
      } catch (Throwable thrown) {
        // guard of the loop: what ends many watchers must reach each of them
        Operators.onErrorDropped(thrown, actual.currentContext());
      }
    }
  }
}
