package dev.vflux.reactive;

import dev.vflux.vfio.DeviceGoneException;
import dev.vflux.vfio.DriverException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Steps that are all taken, whichever of them fail; what failed is told at the end. Any thread. */
final class CloseSequence {

  private record Action(String name, Mono<Void> quiesce) {}

  private final DriverLoop loop;
  private final String device;
  private final Duration limit;
  private final Deque<Action> actions = new ArrayDeque<>();
  private final Deque<Action> releaseSteps = new ArrayDeque<>();
  private final List<Throwable> failures = new ArrayList<>();
  private boolean begun;
  private @Nullable ReleaseRequestedException release;
  private long deadline = Long.MAX_VALUE;

  CloseSequence(DriverLoop loop, String device, Duration limit) {
    this.loop = loop;
    this.device = device;
    this.limit = limit;
  }

  /** False when closing has begun. */
  synchronized boolean add(String name, Mono<Void> quiesce) {
    if (begun) {
      return false;
    }
    actions.push(new Action(name, quiesce));
    return true;
  }

  /** A step to be taken before the actions when the kernel asks; false when closing has begun. */
  synchronized boolean addReleaseStep(String name, Mono<Void> step) {
    if (begun) {
      return false;
    }
    releaseSteps.push(new Action(name, step));
    return true;
  }

  /**
   * The close that is to begin now is one that the kernel asks for, and has so much time for steps
   * and actions together. False when closing has begun, or was asked for already.
   */
  synchronized boolean release(ReleaseRequestedException why, Duration within) {
    if (begun || release != null) {
      return false;
    }
    release = why;
    deadline = now() + within.toNanos();
    return true;
  }

  /** Why this is no normal close. */
  synchronized @Nullable ReleaseRequestedException released() {
    return release;
  }

  private synchronized List<Action> begin() {
    begun = true;
    List<Action> all = new ArrayList<>();
    if (release != null) {
      all.addAll(releaseSteps);
    }
    all.addAll(actions);
    return all;
  }

  private long now() {
    return loop.scheduler().now(TimeUnit.NANOSECONDS);
  }

  private synchronized Duration left() {
    Duration untilDeadline =
        release == null ? limit : Duration.ofNanos(Math.max(0, deadline - now()));
    return limit.compareTo(untilDeadline) < 0 ? limit : untilDeadline;
  }

  /** The quiesce actions, last added first, one after the other on the loop. */
  Mono<Void> quiesce() {
    return Flux.defer(() -> Flux.fromIterable(begin())).concatMap(this::bounded).then();
  }

  private Mono<Void> bounded(Action action) {
    Duration within = left();
    return attempt(
        action
            .quiesce()
            .subscribeOn(loop.scheduler())
            .timeout(within, Mono.error(LimitReached::new), loop.scheduler())
            // what has gone is quiet
            .onErrorComplete(DeviceGoneException.class)
            .onErrorMap(failed -> explain(action, within, failed)));
  }

  private DriverException explain(Action action, Duration within, Throwable failed) {
    DriverException error =
        new DriverException(
            "quiesce '" + action.name() + "'",
            device,
            failed instanceof LimitReached
                ? "not finished within " + within
                : String.valueOf(failed.getMessage()),
            "the device was closed all the same");
    error.initCause(failed);
    return error;
  }

  /** A step whose failure does not keep the next one from being taken. */
  Mono<Void> attempt(Mono<Void> step) {
    return step.onErrorResume(
        failed -> {
          failed(failed);
          return Mono.empty();
        });
  }

  private synchronized void failed(Throwable failed) {
    failures.add(failed);
  }

  /** Completes, or fails with the first failure, the others suppressed in it. */
  Mono<Void> outcome() {
    return Mono.defer(
        () -> {
          Throwable first = firstFailure();
          return first == null ? Mono.empty() : Mono.error(first);
        });
  }

  private synchronized @Nullable Throwable firstFailure() {
    if (failures.isEmpty()) {
      return null;
    }
    Throwable first = failures.get(0);
    failures.stream().skip(1).filter(other -> other != first).forEach(first::addSuppressed);
    return first;
  }
}
