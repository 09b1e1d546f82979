package dev.vflux.hda;

import java.util.ArrayList;
import java.util.List;
import reactor.core.publisher.Mono;

/** Steps that leave a device quiet: all of them are taken, whichever fail. */
public final class CleanUp {

  private CleanUp() {}

  /**
   * Takes steps one after the other.
   *
   * @param steps what to do, in this order
   * @return cold; completes after the last step, or fails then with the first failure, the others
   *     suppressed in it
   */
  public static Mono<Void> inOrder(List<Mono<Void>> steps) {
    return Mono.defer(
        () -> {
          List<Throwable> failures = new ArrayList<>();
          Mono<Void> all = Mono.empty();
          for (Mono<Void> step : steps) {
            all = all.then(noting(step, failures));
          }
          return all.then(Mono.defer(() -> outcome(failures)));
        });
  }

  /**
   * Cleans up after a failure, and tells of the failure.
   *
   * @param failure what has happened
   * @param cleanUp what to do about it
   * @param <T> what would have been yielded
   * @return cold; fails with the failure when the clean-up has ended, its error suppressed in it
   */
  public static <T> Mono<T> thenFail(Throwable failure, Mono<Void> cleanUp) {
    return cleanUp
        .onErrorResume(
            problem -> {
              if (problem != failure) {
                failure.addSuppressed(problem);
              }
              return Mono.empty();
            })
        .then(Mono.error(failure));
  }

  private static Mono<Void> noting(Mono<Void> step, List<Throwable> failures) {
    return step.onErrorResume(
        failed -> {
          failures.add(failed);
          return Mono.empty();
        });
  }

  private static Mono<Void> outcome(List<Throwable> failures) {
    if (failures.isEmpty()) {
      return Mono.empty();
    }
    Throwable first = failures.get(0);
    failures.stream().skip(1).filter(other -> other != first).forEach(first::addSuppressed);
    return Mono.error(first);
  }
}
