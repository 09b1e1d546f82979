package dev.vflux.reactive;

import dev.vflux.vfio.Device;
import dev.vflux.vfio.DriverException;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * What is done about an error that the device reports (ERR): DMA stopped, then the application's
 * recovery, and if there is none or it fails, the end of all streams. Any thread.
 */
final class ErrorRecovery {

  private final Device device;
  private final DriverLoop loop;
  private final Duration limit;
  private final Consumer<DeviceErrorException> giveUp;
  private volatile @Nullable Function<? super DeviceErrorException, ? extends Publisher<?>>
      recovery;

  /** {@code giveUp} is called on the loop. */
  ErrorRecovery(
      Device device, DriverLoop loop, Duration limit, Consumer<DeviceErrorException> giveUp) {
    this.device = device;
    this.loop = loop;
    this.limit = limit;
    this.giveUp = giveUp;
  }

  void by(Function<? super DeviceErrorException, ? extends Publisher<?>> function) {
    recovery = function;
  }

  /** Runs to its end for each error; never fails. */
  Mono<Void> run() {
    DeviceErrorException error = DeviceErrorException.reported(device.info().name());
    return Mono.<Void>fromRunnable(device::busMasterOff)
        .subscribeOn(Schedulers.boundedElastic())
        // it may be gone, and is stopped then
        .onErrorComplete(DriverException.class)
        .then(loop.<Mono<Void>>call(() -> recovered(error)).flatMap(Function.identity()))
        .onErrorResume(
            failed ->
                loop.call(
                    () -> {
                      giveUp(error, failed);
                      return null;
                    }));
  }

  private void giveUp(DeviceErrorException error, Throwable failed) {
    if (failed == error) {
      giveUp.accept(error);
    } else if (failed instanceof LimitReached) {
      giveUp.accept(error.notRecovered(limit));
    } else {
      giveUp.accept(error.notRecovered(failed));
    }
  }

  private Mono<Void> recovered(DeviceErrorException error) {
    Function<? super DeviceErrorException, ? extends Publisher<?>> known = recovery;
    if (known == null) {
      return Mono.error(error);
    }
    return Flux.from(known.apply(error))
        .then()
        .timeout(limit, Mono.error(LimitReached::new), loop.scheduler());
  }
}
