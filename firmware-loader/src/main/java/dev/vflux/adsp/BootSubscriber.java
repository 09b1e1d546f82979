package dev.vflux.adsp;

import dev.vflux.reactive.DriverLoop;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * Between a boot and who watches it: when the watcher throws, an {@link Error} too, the boot is
 * ended with what was thrown, and the watcher hears of it by onError when the device is quiet. The
 * boot itself never sees the throw, which would stop it in the middle of a step.
 */
final class BootSubscriber implements CoreSubscriber<BootEvent> {

  private final CoreSubscriber<? super BootEvent> actual;
  private final DriverLoop loop;

  // events come one after the other, each with what the one before left
  private @Nullable Throwable thrown;

  // owned by the loop
  private @Nullable Consumer<Throwable> abort;
  private @Nullable Throwable early;

  BootSubscriber(CoreSubscriber<? super BootEvent> actual, DriverLoop loop) {
    this.actual = actual;
    this.loop = loop;
  }

  /** Who ends the boot; on the loop. */
  void abortWith(Consumer<Throwable> action) {
    abort = action;
    Throwable before = early;
    if (before != null) {
      action.accept(before);
    }
  }

  private void abort(Throwable failed) {
    Consumer<Throwable> action = abort;
    if (action == null) {
      early = failed;
    } else {
      action.accept(failed);
    }
  }

  @Override
  public Context currentContext() {
    return actual.currentContext();
  }

  @Override
  public void onSubscribe(Subscription subscription) {
    actual.onSubscribe(subscription);
  }

  @Override
  public void onNext(BootEvent event) {
    if (thrown != null) {
      return;
    }
    try {
      actual.onNext(event);
    } catch (RuntimeException | Error failed) {
      thrown = failed;
      onLoop(() -> abort(failed));
    }
  }

  private void onLoop(Runnable task) {
    if (loop.inEventLoop()) {
      task.run();
      return;
    }
    try {
      loop.execute(task);
    } catch (RejectedExecutionException ended) {
      Operators.onErrorDropped(ended, currentContext());
    }
  }

  @Override
  public void onError(Throwable error) {
    end(error);
  }

  // a boot that had succeeded before the throw was told stays booted
  @Override
  public void onComplete() {
    end(thrown);
  }

  private void end(@Nullable Throwable error) {
    try {
      if (error == null) {
        actual.onComplete();
      } else {
        actual.onError(error);
      }
    } catch (RuntimeException | Error failed) {
      Operators.onErrorDropped(failed, currentContext());
    }
  }
}
