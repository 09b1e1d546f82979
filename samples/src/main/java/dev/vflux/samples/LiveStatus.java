package dev.vflux.samples;

import java.time.Duration;
import java.util.function.Supplier;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** Shows how something goes while it does, ten times a second, at a terminal only. */
final class LiveStatus {

  private static final Duration PACE = Duration.ofMillis(100);

  private LiveStatus() {}

  /**
   * Does some work and shows how it goes.
   *
   * @param question asks for the text; as long as it is empty or fails nothing is drawn
   */
  static <T> T during(Output output, Mono<String> question, Supplier<T> work) {
    if (!output.terminal()) {
      return work.get();
    }
    StatusLine line = new StatusLine(output);
    // a slow terminal slows nothing but this
    Disposable drawing =
        Flux.interval(PACE)
            .onBackpressureDrop()
            .concatMap(unusedTick -> question.onErrorComplete(), 1)
            .publishOn(Schedulers.boundedElastic(), 1)
            .subscribe(line::draw);
    try {
      return work.get();
    } finally {
      drawing.dispose();
      line.end();
    }
  }
}
