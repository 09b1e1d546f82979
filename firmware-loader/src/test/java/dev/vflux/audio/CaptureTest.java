package dev.vflux.audio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vflux.adsp.RecordingObserver;
import dev.vflux.adsp.emulated.DaiTap;
import dev.vflux.audio.AudioException.Reason;
import dev.vflux.testing.LeakCheck;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.scheduler.Schedulers;

/** Periods, the demand for them, and what happens when there is none. */
@ExtendWith(LeakCheck.class)
class CaptureTest {

  private static final PcmFormat FORMAT = PcmFormat.DEFAULT;
  private static final StreamSettings SETTINGS = StreamSettings.of(FORMAT);
  private static final int PERIOD_BYTES = 1920;
  private static final byte[] NOISE = Noise.bytes(1, 4 * 4801);

  private final DaiTap tap = DaiTap.open("capture", Schedulers.immediate());
  private final PcmBench bench = PcmBench.open(Map.of("dai-in", "tap:capture"), "");
  private final CodecAudio audio = bench.await(CodecAudio.open(bench.device));
  private final List<Long> lost = new ArrayList<>();
  private final List<Long> numbers = new ArrayList<>();

  CaptureTest() {
    tap.repeat(1, ByteBuffer.wrap(NOISE));
  }

  @AfterEach
  void close() {
    bench.close();
    tap.close();
  }

  /** Requests nothing by itself, and checks every byte of what comes. */
  private class Slow extends BaseSubscriber<PcmPeriod> {
    @Override
    protected void hookOnSubscribe(Subscription subscription) {
      // requests when the test wants
    }

    @Override
    protected void hookOnNext(PcmPeriod period) {
      lost.add(period.lostBefore());
      numbers.add(period.number());
      long at = period.number() * PERIOD_BYTES;
      for (int i = 0; i < PERIOD_BYTES; i++) {
        assertThat(period.buffer().get(i)).isEqualTo(NOISE[(int) ((at + i) % NOISE.length)]);
      }
    }
  }

  private void running() {
    bench.passUntil(() -> bench.running(0));
  }

  @Test
  void nothingRunsBeforeTheFirstRequest() {
    Slow slow = new Slow();
    audio.capture(SETTINGS).periods().subscribe(slow);
    bench.pass(Duration.ofMillis(50));
    assertThat(bench.running(0)).isFalse();
    slow.request(1);
    running();
    bench.pass(Duration.ofMillis(11));
    assertThat(numbers).containsExactly(0L);
    slow.cancel();
    bench.passUntil(() -> !bench.running(0));
  }

  @Test
  void oneAtATimeWorks() {
    Capture capture = audio.capture(SETTINGS);
    CompletableFuture<Long> count = capture.periods().limitRate(1).take(30).count().toFuture();
    bench.passUntil(count::isDone);
    assertThat(count.join()).isEqualTo(30);
    assertThat(bench.await(capture.report()).overruns()).isZero();
  }

  @Test
  void whatNobodyTakesIsLostCountedAndTold() {
    RecordingObserver observer = new RecordingObserver();
    bench.device.observe(observer);
    Slow slow = new Slow();
    Capture capture = audio.capture(SETTINGS);
    capture.periods().subscribe(slow);
    bench.hop();
    slow.request(2);
    running();
    bench.pass(Duration.ofMillis(105));
    assertThat(numbers).containsExactly(0L, 1L);
    slow.request(100);
    bench.pass(Duration.ofMillis(20));
    // ten were recorded; the ring of four keeps three while the DMA is in the fourth
    assertThat(numbers).containsExactly(0L, 1L, 7L, 8L, 9L, 10L, 11L);
    assertThat(lost).containsExactly(0L, 0L, 5L, 0L, 0L, 0L, 0L);
    bench.done(capture.stop());
    CaptureReport report = bench.await(capture.report());
    assertThat(report.lostFrames()).isEqualTo(5 * 480);
    assertThat(report.overruns()).isEqualTo(5);
    assertThat(observer.told).hasSize(5).containsOnly("vflux.xruns direction=capture");
    assertThat(report.frames()).isEqualTo(7 * 480);
    assertThat(report.end()).isEqualTo(StreamEnd.STOPPED);
  }

  @Test
  void anOverrunCanEndTheStream() {
    Slow slow = new Slow();
    Capture capture = audio.capture(StreamSettings.builder(FORMAT).onXrun(XrunPolicy.STOP).build());
    capture.periods().subscribe(slow);
    bench.hop();
    slow.request(1);
    running();
    bench.passUntil(slow::isDisposed);
    assertThat(bench.await(capture.report()).end()).isEqualTo(StreamEnd.XRUN);
    assertThat(bench.running(0)).isFalse();
  }

  @Test
  void anOverrunCanBeAnError() {
    Capture capture =
        audio.capture(StreamSettings.builder(FORMAT).onXrun(XrunPolicy.ERROR).build());
    CompletableFuture<Void> failed = new CompletableFuture<>();
    Slow slow =
        new Slow() {
          @Override
          protected void hookOnError(Throwable error) {
            failed.completeExceptionally(error);
          }
        };
    capture.periods().subscribe(slow);
    bench.hop();
    slow.request(1);
    bench.passUntil(failed::isDone);
    assertThatThrownBy(failed::join)
        .cause()
        .isInstanceOfSatisfying(
            AudioException.class, error -> assertThat(error.reason()).isEqualTo(Reason.OVERRUN));
  }

  @Test
  void aSnapshotStays() {
    List<PcmPeriod> kept =
        bench.await(audio.record(FORMAT).map(PcmPeriod::snapshot).take(6).collectList());
    for (PcmPeriod period : kept) {
      long at = period.number() * PERIOD_BYTES;
      for (int i = 0; i < PERIOD_BYTES; i++) {
        assertThat(period.buffer().get(i)).isEqualTo(NOISE[(int) ((at + i) % NOISE.length)]);
      }
      assertThat(period.snapshot()).isSameAs(period);
    }
  }

  @Test
  void aSecondSubscriberIsRefused() {
    Capture capture = audio.capture(SETTINGS);
    bench.await(capture.periods().take(1).count());
    assertThatThrownBy(() -> bench.await(capture.periods().count()))
        .hasCauseInstanceOf(IllegalStateException.class);
  }
}
