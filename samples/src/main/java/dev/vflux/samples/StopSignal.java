package dev.vflux.samples;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * Ctrl-C: ends a pipeline instead of the process, and holds the process until the device is quiet.
 * Close it when the device is closed.
 */
final class StopSignal implements AutoCloseable {

  private static final Duration CLEANUP_LIMIT = Duration.ofSeconds(5);

  private final Sinks.Empty<Void> stop = Sinks.empty();
  private final CountDownLatch cleaned = new CountDownLatch(1);
  private final Thread hook = new Thread(this::stopAndWait, "vflux-stop");

  private StopSignal() {}

  static StopSignal install() {
    StopSignal signal = new StopSignal();
    try {
      Runtime.getRuntime().addShutdownHook(signal.hook);
    } catch (IllegalStateException stopping) {
      Sinks.EmitResult unusedNobodyListens = signal.stop.tryEmitEmpty();
    }
    return signal;
  }

  /** Completes when the process is asked to stop. */
  Mono<Void> asMono() {
    return stop.asMono();
  }

  private void stopAndWait() {
    Sinks.EmitResult unusedNobodyListens = stop.tryEmitEmpty();
    try {
      boolean unusedInTime = cleaned.await(CLEANUP_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    cleaned.countDown();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException stopping) {
      // the hook is running: that is what it was for
    }
  }
}
