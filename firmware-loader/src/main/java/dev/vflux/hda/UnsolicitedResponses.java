package dev.vflux.hda;

import dev.vflux.reactive.DriverLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxSink;

/** Who listens to what codecs say without being asked. Subscribed by any thread. */
final class UnsolicitedResponses {

  private static final Logger LOG = LoggerFactory.getLogger(UnsolicitedResponses.class);

  private final DriverLoop loop;

  // owned by the loop
  private final List<FluxSink<UnsolicitedResponse>> listeners = new ArrayList<>();

  UnsolicitedResponses(DriverLoop loop) {
    this.loop = loop;
  }

  /** Tells everybody, when the interrupt that brought it was told. On the loop. */
  void tell(UnsolicitedResponse response) {
    List.copyOf(listeners).forEach(listener -> loop.execute(() -> listener.next(response)));
  }

  /** There will be no more. On the loop. */
  void complete() {
    List<FluxSink<UnsolicitedResponse>> leaving = List.copyOf(listeners);
    listeners.clear();
    leaving.forEach(listener -> loop.execute(listener::complete));
  }

  Flux<UnsolicitedResponse> flux(int untaken) {
    return Flux.<UnsolicitedResponse>create(
            sink -> {
              onLoop(() -> listeners.add(sink));
              sink.onDispose(() -> leave(sink));
            },
            FluxSink.OverflowStrategy.IGNORE)
        .onBackpressureBuffer(untaken);
  }

  private void leave(FluxSink<UnsolicitedResponse> sink) {
    try {
      onLoop(() -> listeners.remove(sink));
    } catch (RejectedExecutionException loopEnded) {
      LOG.debug("a listener left after its loop had ended");
    }
  }

  private void onLoop(Runnable task) {
    if (loop.inEventLoop()) {
      task.run();
    } else {
      loop.execute(task);
    }
  }
}
