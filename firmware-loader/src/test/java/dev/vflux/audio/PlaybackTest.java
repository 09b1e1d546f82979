package dev.vflux.audio;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vflux.adsp.RecordingObserver;
import dev.vflux.testing.LeakCheck;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;

/** A publisher's samples, the ring and the demand between them. */
@ExtendWith(LeakCheck.class)
class PlaybackTest {

  private static final PcmFormat FORMAT = PcmFormat.DEFAULT;
  private static final StreamSettings SETTINGS = StreamSettings.of(FORMAT);
  private static final int PERIOD = 480;
  private static final int FIRST_PLAYBACK = 7;

  private final PcmBench bench = PcmBench.open(Map.of(), "");
  private final PcmHost host = LinkOnly.host(bench);

  @AfterEach
  void close() {
    bench.close();
  }

  private Playback playback(StreamSettings settings) {
    return new Playback(host, settings);
  }

  private static ByteBuffer frames(int count) {
    return ByteBuffer.allocate(count * FORMAT.frameBytes());
  }

  @Test
  void allOfItIsPlayedAndReported() {
    assertThat(SETTINGS.periodFrames()).isEqualTo(PERIOD);
    PlaybackReport report =
        bench.await(playback(SETTINGS).play(Tone.sine(440, FORMAT, Duration.ofMillis(995))));
    assertThat(report.end()).isEqualTo(StreamEnd.COMPLETE);
    assertThat(report.frames()).isEqualTo(995 * 48);
    assertThat(report.periods()).isEqualTo(101);
    assertThat(report.interrupts()).isEqualTo(101);
    assertThat(report.underruns()).isZero();
    assertThat(report.silentFrames()).isZero();
    assertThat(report.lostInterrupts()).isZero();
    assertThat(report.fifoErrors()).isZero();
  }

  @Test
  void demandIsTheDmasPosition() {
    AtomicLong sent = new AtomicLong();
    Flux<ByteBuffer> source =
        Flux.<ByteBuffer>generate(sink -> sink.next(frames(PERIOD)))
            .doOnNext(unusedBytes -> sent.incrementAndGet());
    CompletableFuture<PlaybackReport> played = playback(SETTINGS).play(source.take(20)).toFuture();
    bench.passUntil(() -> sent.get() >= 4);
    bench.served();
    assertThat(sent.get()).as("as much as the ring holds").isEqualTo(4);
    for (int period = 1; period <= 16; period++) {
      bench.pass(Duration.ofMillis(10));
      assertThat(sent.get()).isBetween(3L + period, 5L + period);
    }
    bench.passUntil(played::isDone);
    assertThat(played.join().underruns()).isZero();
  }

  @Test
  void aStalledPublisherGivesCountedSilence() {
    RecordingObserver observer = new RecordingObserver();
    bench.device.observe(observer);
    Sinks.Many<ByteBuffer> source = Sinks.many().unicast().onBackpressureBuffer();
    CompletableFuture<PlaybackReport> played = playback(SETTINGS).play(source.asFlux()).toFuture();
    for (int i = 0; i < 4; i++) {
      source.tryEmitNext(frames(PERIOD)).orThrow();
    }
    bench.passUntil(() -> bench.running(FIRST_PLAYBACK));
    bench.pass(Duration.ofMillis(75));
    for (int i = 0; i < 6; i++) {
      source.tryEmitNext(frames(PERIOD)).orThrow();
    }
    source.tryEmitComplete().orThrow();
    bench.passUntil(played::isDone);
    PlaybackReport report = played.join();
    assertThat(report.frames()).isEqualTo(10 * PERIOD);
    assertThat(report.underruns()).isEqualTo(1);
    assertThat(observer.told).containsExactly("vflux.xruns direction=playback");
    assertThat(report.firstUnderruns()).containsExactly(new Underrun(1, 4 * PERIOD));
    assertThat(report.silentFrames()).isEqualTo(4 * PERIOD);
  }

  /** Plays ten buffers' worth; the loop does something else for a while in the midst of it. */
  private PlaybackReport playedWhile(Runnable elsewhere) {
    Flux<ByteBuffer> source = Flux.<ByteBuffer>generate(sink -> sink.next(frames(PERIOD)));
    CompletableFuture<PlaybackReport> played = playback(SETTINGS).play(source.take(40)).toFuture();
    bench.passUntil(() -> bench.running(FIRST_PLAYBACK));
    bench.pass(Duration.ofMillis(105));
    bench
        .loop
        .<Void>call(
            () -> {
              elsewhere.run();
              return null;
            })
        .block(PcmBench.LIMIT);
    bench.passUntil(played::isDone);
    return played.join();
  }

  @Test
  void aRoundThatTheLoopHasMissedIsAnUnderrun() {
    PlaybackReport report = playedWhile(() -> bench.clock.advance(Duration.ofMillis(40)));
    assertThat(report.frames()).isEqualTo(40 * PERIOD);
    assertThat(report.underruns()).isEqualTo(1);
    assertThat(report.periods()).isGreaterThan(41);
  }

  @Test
  void aHeldDmaMissesNothing() {
    PlaybackReport report =
        playedWhile(
            () -> {
              bench.hold(FIRST_PLAYBACK, true);
              bench.clock.advance(Duration.ofMillis(60));
              bench.hold(FIRST_PLAYBACK, false);
            });
    assertThat(report.frames()).isEqualTo(40 * PERIOD);
    assertThat(report.underruns()).isZero();
    assertThat(report.silentFrames()).isZero();
    assertThat(report.periods()).isEqualTo(41);
  }
}
