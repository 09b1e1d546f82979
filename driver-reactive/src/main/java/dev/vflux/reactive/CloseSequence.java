package dev.vflux.reactive;

import dev.vflux.vfio.DeviceGoneException;
import dev.vflux.vfio.DriverException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Steps that are all taken, whichever of them fail; what failed is told at the end. Any thread. */
final class CloseSequence {

  private record Action(String name, Mono<Void> quiesce) {}

  /** This sequence's own limit; an action may fail with a TimeoutException of another. */
  private static final class LimitReached extends TimeoutException {

    private static final long serialVersionUID = 1L;
  }

  private final DriverLoop loop;
  private final String device;
  private final Duration limit;
  private final Deque<Action> actions = new ArrayDeque<>();
  private final List<Throwable> failures = new ArrayList<>();
  private boolean begun;

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

  private synchronized List<Action> begin() {
    begun = true;
    return new ArrayList<>(actions);
  }

  /** The quiesce actions, last added first, one after the other on the loop. */
  Mono<Void> quiesce() {
    return Flux.defer(() -> Flux.fromIterable(begin())).concatMap(this::bounded).then();
  }

  private Mono<Void> bounded(Action action) {
    return attempt(
        action
            .quiesce()
            .subscribeOn(loop.scheduler())
            .timeout(limit, Mono.error(LimitReached::new), loop.scheduler())
            // what has gone is quiet
            .onErrorComplete(DeviceGoneException.class)
            .onErrorMap(failed -> explain(action, failed)));
  }

  private DriverException explain(Action action, Throwable failed) {
    DriverException error =
        new DriverException(
            "quiesce '" + action.name() + "'",
            device,
            failed instanceof LimitReached
                ? "not finished within " + limit
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
