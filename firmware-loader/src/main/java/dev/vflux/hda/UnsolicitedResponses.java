package dev.vflux.hda;

import dev.vflux.reactive.DriverLoop;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxSink;

/** Who listens to what codecs say without being asked. Any thread; told by the loop. */
final class UnsolicitedResponses {

  private final DriverLoop loop;
  private final List<FluxSink<UnsolicitedResponse>> listeners = new CopyOnWriteArrayList<>();

  UnsolicitedResponses(DriverLoop loop) {
    this.loop = loop;
  }

  /** Tells everybody, when the interrupt that brought it was told. On the loop. */
  void tell(UnsolicitedResponse response) {
    listeners.forEach(listener -> loop.execute(() -> listener.next(response)));
  }

  /** There will be no more. On the loop. */
  void complete() {
    listeners.forEach(listener -> loop.execute(listener::complete));
  }

  Flux<UnsolicitedResponse> flux(int untaken) {
    return Flux.<UnsolicitedResponse>create(
            sink -> {
              listeners.add(sink);
              sink.onDispose(() -> listeners.remove(sink));
            },
            FluxSink.OverflowStrategy.IGNORE)
        .onBackpressureBuffer(untaken);
  }
}
