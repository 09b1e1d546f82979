package dev.vflux.hda;

import dev.vflux.hda.SetUp.Step;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import java.util.function.IntUnaryOperator;
import reactor.core.publisher.Mono;

/**
 * A value in a codec that can be read and written.
 *
 * @param read cold; the value as it can be written
 * @param write cold; completes when it is written
 */
record CodecSetting(Mono<Integer> read, IntFunction<Mono<Void>> write) {

  /**
   * A step that changes the value; undone by writing what was read before. A change that fails half
   * way is written back, as far as the codec lets it, before the failure is told.
   */
  Step step(String name, IntUnaryOperator change) {
    AtomicInteger before = new AtomicInteger();
    Mono<Void> back = Mono.defer(() -> write.apply(before.get()));
    Mono<Void> action =
        read.flatMap(
            value -> {
              before.set(value);
              return write
                  .apply(change.applyAsInt(value))
                  .onErrorResume(
                      failed ->
                          back.onErrorResume(
                                  again -> {
                                    failed.addSuppressed(again);
                                    return Mono.empty();
                                  })
                              .then(Mono.error(failed)));
            });
    return new Step(name, action, back);
  }

  /** A step that writes a value. */
  Step step(String name, int value) {
    return step(name, unusedBefore -> value);
  }
}
