package dev.vflux.audio;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vflux.adsp.emulated.DaiTap;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import reactor.core.publisher.Flux;

/** Four streams each way for a minute of the device's time, each with noise of its own. */
final class EightStreams {

  private static final PcmFormat FORMAT = PcmFormat.DEFAULT;
  private static final int SECONDS = 60;
  private static final int PERIODS = SECONDS * 100;
  private static final int SECOND = 48_000 * 4;
  private static final int FRAME = 4;

  private final PcmBench bench;
  private final AtomicLong differences = new AtomicLong();

  private EightStreams(PcmBench bench) {
    this.bench = bench;
  }

  /** Compares bytes with noise that goes on and on, after silence. */
  private final class Comparison {
    private final byte[] noise;
    private final long length;
    private long at;

    Comparison(byte[] noise, long length) {
      this.noise = noise;
      this.length = length;
    }

    synchronized void add(ByteBuffer bytes) {
      int begin = 0;
      while (at == 0 && begin < bytes.limit() && bytes.getInt(begin) == 0) {
        begin += FRAME;
      }
      for (int i = begin; i < bytes.limit(); i++, at++) {
        byte expected = at < length ? noise[(int) (at % noise.length)] : 0;
        if (bytes.get(i) != expected) {
          differences.incrementAndGet();
        }
      }
    }

    synchronized long at() {
      return at;
    }
  }

  static void play(PcmBench bench, DaiTap tap, PcmDevice audio, int pairs) {
    new EightStreams(bench).run(tap, audio, pairs);
  }

  private void run(DaiTap tap, PcmDevice audio, int pairs) {
    List<CompletableFuture<PlaybackReport>> played = new ArrayList<>();
    List<CompletableFuture<CaptureReport>> recorded = new ArrayList<>();
    List<Comparison> heard = new ArrayList<>();
    List<Comparison> spoken = new ArrayList<>();
    for (int pair = 1; pair <= pairs; pair++) {
      byte[] noise = Noise.bytes(pair, SECOND);
      Comparison atTheDac = new Comparison(noise, (long) SECONDS * SECOND);
      heard.add(atTheDac);
      tap.played(pair).subscribe(chunk -> atTheDac.add(chunk.bytes()));
      Flux<ByteBuffer> minute = Flux.range(0, SECONDS).concatMap(i -> Noise.flux(noise));
      played.add(audio.play(minute, FORMAT).toFuture());
      tap.repeat(pair, ByteBuffer.wrap(noise));
      Comparison inMemory = new Comparison(noise, Long.MAX_VALUE);
      spoken.add(inMemory);
      Capture capture = audio.capture(StreamSettings.of(FORMAT));
      capture.periods().take(PERIODS).subscribe(period -> inMemory.add(period.buffer()));
      recorded.add(capture.report().toFuture());
      bench.passUntil(() -> inMemory.at() > 0);
    }
    bench.pass(Duration.ofSeconds(SECONDS), Duration.ofMillis(5));
    bench.passUntil(
        () ->
            played.stream().allMatch(CompletableFuture::isDone)
                && recorded.stream().allMatch(CompletableFuture::isDone));
    for (int pair = 0; pair < pairs; pair++) {
      PlaybackReport report = played.get(pair).join();
      assertThat(report.frames()).isEqualTo((long) SECONDS * 48_000);
      assertThat(report.underruns()).isZero();
      assertThat(report.interrupts()).isEqualTo(report.periods());
      assertThat(heard.get(pair).at()).isGreaterThanOrEqualTo((long) SECONDS * SECOND);
      CaptureReport taken = recorded.get(pair).join();
      assertThat(taken.overruns()).isZero();
      assertThat(taken.frames()).isEqualTo(PERIODS * 480L);
      // what came before the link ran was silence: less than a second's hundredth
      assertThat(spoken.get(pair).at()).isGreaterThan((long) SECONDS * SECOND - SECOND / 10);
    }
    assertThat(differences).hasValue(0);
  }
}
