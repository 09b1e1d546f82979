package dev.vflux.reactive;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Operators;

/**
 * The writes of one region, to any number of subscribers. A subscriber without demand is ended with
 * an error: nothing is queued for it. Subscribed to on any thread, emits on the loop.
 */
final class RegionWrites extends Flux<RegionWrite> {

  private final ReactiveRegion region;
  private final DriverLoop loop;
  private final List<Watch> watches = new CopyOnWriteArrayList<>();
  private boolean completed;

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
    if (!add(watch)) {
      watch.end(null);
    }
  }

  private synchronized boolean add(Watch watch) {
    if (completed || watch.ended.get()) {
      return false;
    }
    watches.add(watch);
    region.watched(true);
    return true;
  }

  private synchronized void remove(Watch watch) {
    watches.remove(watch);
    region.watched(!watches.isEmpty());
  }

  // always a task of its own, also on the loop: a watcher can neither break nor recurse into the
  // driver that writes
  void written(RegionWrite write) {
    execute(() -> emit(write));
  }

  private void emit(RegionWrite write) {
    assert loop.inEventLoop();
    for (Watch watch : watches) {
      watch.next(write);
    }
  }

  /** No writes follow; on the loop. */
  void complete() {
    assert loop.inEventLoop() || loop.isClosed();
    synchronized (this) {
      completed = true;
    }
    for (Watch watch : watches) {
      watch.end(null);
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

    Watch(CoreSubscriber<? super RegionWrite> actual) {
      this.actual = actual;
    }

    @Override
    public void request(long n) {
      if (n > 0) {
        demand.accumulateAndGet(n, Operators::addCap);
      } else {
        execute(() -> end(new IllegalArgumentException("request(" + n + ") (rule 3.9)")));
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
        end(Operators.onOperatorError(null, thrown, actual.currentContext()));
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
