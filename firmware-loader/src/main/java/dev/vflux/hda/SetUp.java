package dev.vflux.hda;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;
import reactor.core.publisher.Sinks;

/**
 * Something that is built in steps, each with what takes it back. Built once and undone once; what
 * is undone is exactly what was done. A step that has begun is let finish, since half a step cannot
 * be taken back: cancelling takes effect between two steps, and so each step must be bounded. An
 * action that fails must leave nothing behind, because its undo is not run.
 *
 * <p>Driver loop only, as are the steps; cancelling may come from any thread.
 */
public final class SetUp {

  /**
   * One step.
   *
   * @param name what it does, in words or by its name in the datasheet
   * @param action cold; completes when it is done
   * @param undo cold; takes back what the action did, subscribed at most once and only after it
   */
  public record Step(String name, Mono<Void> action, Mono<Void> undo) {

    /**
     * A step that is done at once.
     *
     * @param name what it does
     * @param action run on the driver loop; what it throws fails the step
     * @param undo takes it back
     * @return the step
     */
    public static Step of(String name, Runnable action, Runnable undo) {
      return new Step(name, Mono.fromRunnable(action), Mono.fromRunnable(undo));
    }

    /**
     * A step that leaves nothing to take back.
     *
     * @param name what it does
     * @param action cold; completes when it is done
     * @return the step
     */
    public static Step of(String name, Mono<Void> action) {
      return new Step(name, action, Mono.empty());
    }

    @Override
    public String toString() {
      return name;
    }
  }

  private static final Logger LOG = LoggerFactory.getLogger(SetUp.class);

  private final String name;
  private final List<Step> steps;
  private final Consumer<Step> observer;
  private Supplier<List<Step>> rest;
  private final List<Step> done = new ArrayList<>();
  private final Sinks.Empty<Void> settled = Sinks.empty();
  private boolean begun;
  private volatile boolean cancelled;
  private @Nullable Mono<Void> undoing;

  private SetUp(String name, List<Step> steps, Supplier<List<Step>> rest, Consumer<Step> observer) {
    this.name = name;
    this.steps = new ArrayList<>(steps);
    this.rest = rest;
    this.observer = observer;
  }

  /**
   * Something to be built.
   *
   * @param name what, for the log
   * @param steps in this order
   * @return nothing is done yet
   */
  public static SetUp of(String name, List<Step> steps) {
    return new SetUp(name, steps, List::of, step -> {});
  }

  /**
   * Something to be built, of which not all is known before the first steps are done; watched.
   *
   * @param name what, for the log
   * @param first the first steps, in this order
   * @param rest asked for the others after the first; what it throws fails the build
   * @param observer told of each step before it begins
   * @return nothing is done yet
   */
  public static SetUp of(
      String name, List<Step> first, Supplier<List<Step>> rest, Consumer<Step> observer) {
    return new SetUp(name, first, rest, observer);
  }

  /**
   * Takes the steps. When one fails, those before it are taken back first. When the subscriber
   * cancels, the step that is under way is let finish and all is taken back in the background;
   * {@link #undo()} waits for that.
   *
   * @return cold; completes when all is built; fails with the error of the step, errors of taking
   *     back suppressed in it; {@link IllegalStateException} the second time or after {@link #undo}
   */
  public Mono<Void> build() {
    return Mono.create(
        sink -> {
          if (begun) {
            sink.error(new IllegalStateException(name + " was built or undone before"));
            return;
          }
          begun = true;
          sink.onCancel(() -> cancelled = true);
          take(0, sink);
        });
  }

  private void take(int index, MonoSink<Void> sink) {
    if (!cancelled && index == steps.size() && !addRest(sink)) {
      return;
    }
    if (cancelled || index == steps.size()) {
      built(sink);
      return;
    }
    Step step = steps.get(index);
    LOG.debug("{}: {}", name, step.name());
    Mono.defer(
            () -> {
              observer.accept(step);
              return step.action();
            })
        .subscribe(
            unusedNothing -> {},
            failed -> failed(sink, failed),
            () -> {
              done.add(step);
              take(index + 1, sink);
            });
  }

  // false when the build has failed over it
  private boolean addRest(MonoSink<Void> sink) {
    try {
      steps.addAll(rest.get());
      rest = List::of;
      return true;
    } catch (RuntimeException refused) {
      failed(sink, refused);
      return false;
    }
  }

  private void built(MonoSink<Void> sink) {
    if (cancelled) {
      cancelled();
    } else {
      settle();
      sink.success();
      // between the last look and the signal
      if (cancelled) {
        cancelled();
      }
    }
  }

  private void cancelled() {
    takeBack().subscribe(unusedNothing -> {}, this::notTakenBack);
    settle();
  }

  private void failed(MonoSink<Void> sink, Throwable failed) {
    boolean told = !cancelled;
    takeBack()
        .onErrorResume(
            problem -> {
              failed.addSuppressed(problem);
              return Mono.empty();
            })
        .subscribe(
            unusedNothing -> {},
            sink::error,
            () -> {
              if (told) {
                sink.error(failed);
              } else {
                notTakenBack(failed);
              }
            });
    settle();
  }

  private void settle() {
    Sinks.EmitResult unusedOnce = settled.tryEmitEmpty();
  }

  private void notTakenBack(Throwable problem) {
    LOG.warn("{}: given up, and not without a problem", name, problem);
  }

  /**
   * Takes back what was done, last step first, all steps whichever fail. Waits for a build that was
   * cancelled; a build nobody has cancelled ends as if it had been, without a signal.
   *
   * @return completes when nothing is left; fails with the first failure, others suppressed. The
   *     steps are taken back once, whoever subscribes and however often
   */
  public Mono<Void> undo() {
    return Mono.defer(
        () -> {
          if (!begun) {
            begun = true;
            settle();
          }
          cancelled = true;
          return settled.asMono().then(Mono.defer(this::takeBack));
        });
  }

  private Mono<Void> takeBack() {
    Mono<Void> under = undoing;
    if (under == null) {
      List<Mono<Void>> undos = new ArrayList<>();
      List<Step> backwards = new ArrayList<>(done);
      Collections.reverse(backwards);
      backwards.forEach(step -> undos.add(undo(step)));
      done.clear();
      under = CleanUp.inOrder(undos).cache();
      undoing = under;
    }
    return under;
  }

  private Mono<Void> undo(Step step) {
    return Mono.defer(
        () -> {
          LOG.debug("{}: undo {}", name, step.name());
          return step.undo();
        });
  }

  @Override
  public String toString() {
    return name;
  }
}
