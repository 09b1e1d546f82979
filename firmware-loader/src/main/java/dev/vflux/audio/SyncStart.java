package dev.vflux.audio;

import dev.vflux.hda.HdaController;
import dev.vflux.hda.HdaStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * Streams of one device that begin with the same frame (SSYNC): each waits, set up and filled,
 * until all are there, however long that takes. Given to their {@link
 * StreamSettings.Builder#startWith settings}; used once. A member that ends while it waits leaves
 * its place to another.
 */
public final class SyncStart {

  private final int members;
  private final List<HdaStream> waiting = new ArrayList<>();
  private final Sinks.Empty<Void> started = Sinks.empty();

  /**
   * A group.
   *
   * @param members how many streams it has
   * @throws IllegalArgumentException below 1
   */
  public SyncStart(int members) {
    if (members < 1) {
      throw new IllegalArgumentException(members + " members; use at least 1");
    }
    this.members = members;
  }

  /** Completes when the stream runs, with all the others. Driver loop only. */
  Mono<Void> start(HdaController hda, HdaStream stream) {
    return Mono.defer(
        () -> {
          if (waiting.size() >= members) {
            return Mono.error(
                new IllegalStateException("a group of " + members + " has started already"));
          }
          waiting.add(stream);
          if (waiting.size() < members) {
            return started.asMono().doOnCancel(() -> waiting.remove(stream));
          }
          return hda.startTogether(List.copyOf(waiting))
              .doOnSuccess(unusedNothing -> started.tryEmitEmpty().orThrow())
              .doOnError(failed -> started.tryEmitError(failed).orThrow())
              .doOnCancel(() -> started.tryEmitError(givenUp(stream)).orThrow());
        });
  }

  private static CancellationException givenUp(HdaStream stream) {
    return new CancellationException(stream + " was given up while its group was being started");
  }
}
