package dev.vflux.audio;

import dev.vflux.reactive.DriverLoop;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.core.publisher.Sinks;

/**
 * One stream from the outside, recorded once. Any thread; results are emitted on the driver loop.
 */
public final class Capture {

  private final PcmPath path;
  private final DriverLoop loop;
  private final StreamSettings settings;
  private final Sinks.One<CaptureReport> report = Sinks.one();

  // owned by the loop
  private boolean used;
  private @Nullable CaptureRun run;

  Capture(PcmPath path, StreamSettings settings) {
    this.path = path;
    this.loop = path.loop();
    this.settings = settings;
  }

  /**
   * What is recorded, period by period. Cold; one subscriber. The stream is set up and started at
   * the first request, and from then on the device records whether or not more is requested:
   * periods wait in the ring, and those that nobody has requested when the DMA comes round to them
   * are lost, counted, and told by {@link PcmPeriod#lostBefore()}. What is emitted is never
   * overwritten while {@code onNext} runs. Cancelling ends the stream and takes everything back in
   * the background; it completes after {@link #stop()}.
   *
   * @return the periods, emitted on the loop and valid until {@code onNext} returns; or {@link
   *     AudioException}, {@link dev.vflux.hda.HdaException} or another {@link
   *     dev.vflux.vfio.DriverException} when the stream could not be set up or go on, with all
   *     taken down before; {@link IllegalStateException} for a second subscriber
   */
  public Flux<PcmPeriod> periods() {
    return new PeriodFlux();
  }

  private final class PeriodFlux extends Flux<PcmPeriod> {
    @Override
    public void subscribe(CoreSubscriber<? super PcmPeriod> actual) {
      if (!OnLoop.run(loop, () -> subscribeOnLoop(actual))) {
        Operators.error(actual, new RejectedExecutionException(loop + " has ended"));
      }
    }
  }

  private void subscribeOnLoop(CoreSubscriber<? super PcmPeriod> actual) {
    if (used) {
      Operators.error(
          actual,
          new IllegalStateException("a capture has one subscriber; ask the device for another"));
      return;
    }
    CaptureRun begun = new CaptureRun(path, settings, actual, this::tell);
    used = true;
    run = begun;
    begun.subscribe();
  }

  private void tell(CaptureReport ended) {
    Sinks.EmitResult unusedOnce = report.tryEmitValue(ended);
  }

  /**
   * Ends the stream: {@link #periods()} completes.
   *
   * @return cold; completes when it was told to
   */
  public Mono<Void> stop() {
    return ask(on -> Mono.fromRunnable(() -> on.end(StreamEnd.STOPPED)));
  }

  /**
   * Where it is: asks the controller.
   *
   * @return cold; the position
   */
  public Mono<PcmPosition> position() {
    return ask(on -> Mono.fromSupplier(on::position));
  }

  /**
   * How it has gone so far.
   *
   * @return cold; a report of a stream that goes on, as if it were told to stop now
   */
  public Mono<CaptureReport> soFar() {
    return ask(on -> Mono.fromSupplier(() -> on.report(StreamEnd.STOPPED)));
  }

  /**
   * How it went, once it has ended without an error, by cancelling too.
   *
   * @return hot, the same for every subscriber
   */
  public Mono<CaptureReport> report() {
    return report.asMono();
  }

  private <T> Mono<T> ask(Function<CaptureRun, Mono<T>> question) {
    return Mono.defer(
            () -> {
              CaptureRun on = run;
              return on == null
                  ? Mono.<T>error(new IllegalStateException("nothing is recorded"))
                  : question.apply(on);
            })
        .subscribeOn(loop.scheduler());
  }

  @Override
  public String toString() {
    return "capture on " + path.name() + ", " + settings;
  }
}
