package dev.vflux.audio;

import dev.vflux.reactive.DriverLoop;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.core.publisher.Sinks;
import reactor.util.context.Context;

/**
 * One stream to the outside. Either {@link #play} a publisher of bytes, or fill the {@link
 * #periods}; once. Meanwhile it can be paused and asked where it is. What is needed is set up at
 * subscription and given back at the end, however it ends. Any thread; results are emitted on the
 * driver loop.
 */
public final class Playback {

  private final PcmPath path;
  private final DriverLoop loop;
  private final StreamSettings settings;
  private final Sinks.One<PlaybackReport> report = Sinks.one();

  // owned by the loop
  private boolean used;
  private @Nullable PlaybackRun run;

  Playback(PcmPath path, StreamSettings settings) {
    this.path = path;
    this.loop = path.loop();
    this.settings = settings;
  }

  /**
   * Plays what a publisher sends. The stream starts when the buffer is full or the publisher has
   * completed; then a buffer is requested when there is room for more, one at a time, and copied
   * into the DMA's memory once. When the publisher completes, the last period is filled up with
   * silence and all is played to its end; when it fails, the stream ends with its error at once.
   * Cancelling ends it at once, too, and takes everything back in the background.
   *
   * @param pcm the samples as {@link StreamSettings#format()} says, whole frames in all; a buffer
   *     is read from its position to its limit, and is the publisher's again when the next is
   *     requested. May use any thread
   * @return cold; how it went; or {@link AudioException}, {@link dev.vflux.hda.HdaException} or
   *     another {@link dev.vflux.vfio.DriverException} when it could not be set up or go on, with
   *     the stream taken down before; {@link IllegalStateException} when this playback was used
   */
  public Mono<PlaybackReport> play(Publisher<? extends ByteBuffer> pcm) {
    return Mono.deferContextual(
        context ->
            Mono.<PlaybackReport>create(
                    sink -> {
                      PlaybackRun begun =
                          begin(
                              new PlaybackRun.Listener() {
                                @Override
                                public void ended(PlaybackReport ended) {
                                  tell(ended);
                                  sink.success(ended);
                                }

                                @Override
                                public void failed(Throwable error) {
                                  tell(error);
                                  sink.error(error);
                                }
                              });
                      sink.onCancel(() -> cancel(begun));
                      begun.begin(new PublisherFeeder(loop, pcm, Context.of(context), begun));
                    })
                .subscribeOn(loop.scheduler()));
  }

  /**
   * The ring's periods, to be filled in place as they become free: nothing is copied. Cold; one
   * subscriber. Each element requested is a period to be filled, emitted on the loop as soon as the
   * DMA has left it. Completes after {@link Period#last()} when all was played; cancelling ends the
   * stream at once. Errors are those of {@link #play}.
   *
   * @return the periods
   */
  public Flux<Period> periods() {
    return new PeriodFlux();
  }

  private final class PeriodFlux extends Flux<Period> {
    @Override
    public void subscribe(CoreSubscriber<? super Period> actual) {
      if (!OnLoop.run(loop, () -> subscribeOnLoop(actual))) {
        Operators.error(actual, new RejectedExecutionException(loop + " has ended"));
      }
    }
  }

  private void subscribeOnLoop(CoreSubscriber<? super Period> actual) {
    PeriodListener ends = new PeriodListener();
    PlaybackRun begun;
    try {
      begun = begin(ends);
    } catch (RuntimeException refused) {
      Operators.error(actual, refused);
      return;
    }
    PeriodFeeder feeder = new PeriodFeeder(loop, actual, begun);
    ends.feeder = feeder;
    feeder.subscribe();
    begun.begin(feeder);
  }

  private final class PeriodListener implements PlaybackRun.Listener {
    private @Nullable PeriodFeeder feeder;

    @Override
    public void ended(PlaybackReport ended) {
      tell(ended);
      Objects.requireNonNull(feeder).complete();
    }

    @Override
    public void failed(Throwable error) {
      tell(error);
      Objects.requireNonNull(feeder).fail(error);
    }
  }

  private PlaybackRun begin(PlaybackRun.Listener listener) {
    if (used) {
      throw new IllegalStateException("a playback is played once; ask the device for another");
    }
    PlaybackRun begun = new PlaybackRun(path, settings, listener);
    used = true;
    run = begun;
    return begun;
  }

  private void tell(PlaybackReport ended) {
    Sinks.EmitResult unusedOnce = report.tryEmitValue(ended);
  }

  private void tell(Throwable error) {
    Sinks.EmitResult unusedOnce = report.tryEmitError(error);
  }

  private void cancel(PlaybackRun begun) {
    boolean unusedEnded = OnLoop.run(loop, begun::cancel);
  }

  /**
   * How it went, for who fills {@link #periods()}.
   *
   * @return the report when the stream has ended by itself or by {@link #stop()}, or its error;
   *     hot, the same for every subscriber; never when it was cancelled
   */
  public Mono<PlaybackReport> report() {
    return report.asMono();
  }

  /**
   * Holds the stream where it is. What is in the buffer stays there.
   *
   * @return cold; completes when the DMA stands still; {@link IllegalStateException} when it does
   *     not run
   */
  public Mono<Void> pause() {
    return ask(PlaybackRun::pause);
  }

  /**
   * Goes on after {@link #pause()}.
   *
   * @return cold; completes when the DMA runs; {@link IllegalStateException} when it is not paused
   */
  public Mono<Void> resume() {
    return ask(PlaybackRun::resume);
  }

  /**
   * Ends the stream now, without playing what is in the buffer. {@link #play} then emits its
   * report.
   *
   * @return cold; completes when it was told to; at once when it has ended
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
  public Mono<PlaybackReport> soFar() {
    return ask(on -> Mono.fromSupplier(() -> on.report(StreamEnd.STOPPED)));
  }

  private <T> Mono<T> ask(Function<PlaybackRun, Mono<T>> question) {
    return Mono.defer(
            () -> {
              PlaybackRun on = run;
              return on == null
                  ? Mono.<T>error(new IllegalStateException("nothing is played"))
                  : question.apply(on);
            })
        .subscribeOn(loop.scheduler());
  }

  @Override
  public String toString() {
    return "playback on " + path.name() + ", " + settings;
  }
}
