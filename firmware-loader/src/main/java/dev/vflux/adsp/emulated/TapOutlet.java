package dev.vflux.adsp.emulated;

import java.util.concurrent.atomic.AtomicLong;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Operators;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.util.concurrent.Queues;

/**
 * One subscriber of a tap: what it has requested is kept for it without limit until its thread
 * takes it, what it has not up to a limit. Calls that emit come one at a time; any thread.
 */
final class TapOutlet {

  /** A second of four DACs, coupled. */
  static final int KEPT = 16_384;

  private final String tap;
  private final int dac;
  private final Sinks.Many<DaiChunk> sink =
      Sinks.unsafe().many().unicast().onBackpressureBuffer(Queues.<DaiChunk>unbounded().get());
  private final AtomicLong requested = new AtomicLong();
  private long offered;

  /** Of one DAC, or with 0 of all. */
  TapOutlet(String tap, int dac) {
    this.tap = tap;
    this.dac = dac;
  }

  Flux<DaiChunk> flux(Scheduler scheduler) {
    return sink.asFlux().publishOn(scheduler).doOnRequest(this::request);
  }

  private void request(long more) {
    long unusedSum = requested.accumulateAndGet(more, Operators::addCap);
  }

  boolean listensTo(int number) {
    return dac == 0 || dac == number;
  }

  /** Gives it a chunk; false when it is one too many, which ends it. */
  boolean offer(DaiChunk chunk) {
    if (offered - requested.get() >= KEPT) {
      Sinks.EmitResult unusedError = sink.tryEmitError(new DaiOverflowException(tap, KEPT));
      return false;
    }
    offered++;
    Sinks.EmitResult unusedCancelled = sink.tryEmitNext(chunk);
    return true;
  }

  void complete() {
    Sinks.EmitResult unusedCancelled = sink.tryEmitComplete();
  }
}
