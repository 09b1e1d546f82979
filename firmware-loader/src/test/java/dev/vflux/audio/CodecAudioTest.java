package dev.vflux.audio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vflux.adsp.emulated.DaiTap;
import dev.vflux.audio.AudioException.Reason;
import dev.vflux.hda.StreamDirection;
import dev.vflux.testing.LeakCheck;
import dev.vflux.vfio.DeviceGoneException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscription;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Schedulers;

/** Samples over the link to the codecs and back, bit by bit. */
@ExtendWith(LeakCheck.class)
class CodecAudioTest {

  private static final PcmFormat FORMAT = PcmFormat.DEFAULT;
  private static final int SECOND = 48_000 * 4;
  private static final int PAIRS = 4;
  private static final int FIRST_PLAYBACK = 7;

  private final DaiTap tap = DaiTap.open("codec-audio", Schedulers.immediate());
  private final PcmBench bench =
      PcmBench.open(
          Map.of(
              "converters",
              String.valueOf(PAIRS),
              "dai-out",
              "tap:codec-audio",
              "dai-in",
              "tap:codec-audio"),
          "");
  private final CodecAudio audio = bench.await(CodecAudio.open(bench.device));

  @AfterEach
  void close() {
    bench.close();
    tap.close();
  }

  @ParameterizedTest
  @CsvSource({
    "48000, S16_LE, 2",
    "44100, S16_LE, 2",
    "48000, S32_LE, 2",
    "96000, S16_LE, 1",
    "192000, S32_LE, 2"
  })
  void whatIsPlayedArrivesAtTheDac(int rate, SampleFormat sample, int channels) {
    PcmFormat format = new PcmFormat(rate, sample, channels);
    Heard heard = new Heard(tap, 1);
    byte[] noise =
        Noise.bytes(rate, (int) format.frames(Duration.ofMillis(333)) * format.frameBytes());
    PlaybackReport report = bench.await(audio.play(Noise.flux(noise), format));
    heard.isExactly(noise);
    assertThat(report.frames()).isEqualTo(noise.length / format.frameBytes());
    assertThat(report.underruns()).isZero();
    assertThat(report.interrupts()).isEqualTo(report.periods());
  }

  @ParameterizedTest
  @CsvSource({"48000, S16_LE, 2", "44100, S16_LE, 2", "48000, S32_LE, 2"})
  void whatTheMicrophoneHearsIsRecorded(int rate, SampleFormat sample, int channels) {
    PcmFormat format = new PcmFormat(rate, sample, channels);
    byte[] noise = Noise.bytes(rate, 8 * 1234);
    tap.repeat(1, ByteBuffer.wrap(noise));
    Capture capture = audio.capture(StreamSettings.of(format));
    List<byte[]> recorded =
        bench.await(capture.periods().map(CodecAudioTest::copy).take(20).collectList());
    int at = 0;
    for (byte[] period : recorded) {
      for (byte value : period) {
        assertThat(value).isEqualTo(noise[at++ % noise.length]);
      }
    }
    CaptureReport report = bench.await(capture.report());
    assertThat(report.frames()).isEqualTo((long) at / format.frameBytes());
    assertThat(report.overruns()).isZero();
  }

  private static byte[] copy(PcmPeriod period) {
    byte[] bytes = new byte[period.buffer().remaining()];
    period.buffer().get(0, bytes);
    return bytes;
  }

  @Test
  void eightStreamsForAMinuteOfDeviceTime() {
    EightStreams.play(bench, tap, audio, PAIRS);
  }

  @Test
  void aFormatTheCodecDoesNotTakeIsRefusedWithWhatItTakes() {
    PcmFormat format = new PcmFormat(8_000, SampleFormat.S16_LE, 2);
    assertThatThrownBy(() -> bench.await(audio.play(Flux.just(ByteBuffer.allocate(64)), format)))
        .cause()
        .isInstanceOfSatisfying(
            AudioException.class,
            error -> assertThat(error.reason()).isEqualTo(Reason.UNSUPPORTED_FORMAT))
        .hasMessageContaining("8000")
        .hasMessageContaining("48000");
  }

  @Test
  void moreStreamsThanPathsAreRefused() {
    List<Disposable> playing = new ArrayList<>();
    for (int pair = 0; pair < PAIRS; pair++) {
      playing.add(audio.play(Tone.sine(440, FORMAT), FORMAT).subscribe());
    }
    bench.pass(Duration.ofMillis(20));
    assertThat(audio.paths(StreamDirection.PLAYBACK)).hasSize(PAIRS);
    assertThatThrownBy(() -> bench.await(audio.play(Tone.sine(440, FORMAT), FORMAT)))
        .cause()
        .isInstanceOfSatisfying(
            AudioException.class, error -> assertThat(error.reason()).isEqualTo(Reason.NO_PATH));
    playing.get(2).dispose();
    Duration length = Duration.ofMillis(50);
    PlaybackReport next = bench.await(audio.play(Tone.sine(440, FORMAT, length), FORMAT));
    assertThat(next.end()).isEqualTo(StreamEnd.COMPLETE);
    playing.forEach(Disposable::dispose);
  }

  @Test
  void thatTheDeviceIsGoneIsToldAsItIsWhoeverFindsIt() {
    CompletableFuture<PlaybackReport> played =
        audio.play(Tone.sine(440, FORMAT), FORMAT).toFuture();
    bench.pass(Duration.ofMillis(100));
    DeviceGoneException gone = DeviceGoneException.allOnes("emulated:cml", "INTSTS", "gone");
    bench.done(audio.host().end(gone).subscribeOn(audio.host().loop().scheduler()));
    assertThatThrownBy(played::join).cause().isSameAs(gone);
    assertThatThrownBy(() -> bench.await(audio.play(Tone.sine(440, FORMAT), FORMAT)))
        .cause()
        .isSameAs(gone);
  }

  @Test
  void closingEndsStreamsWithATypedError() {
    CompletableFuture<PlaybackReport> played =
        audio.play(Tone.sine(440, FORMAT), FORMAT).toFuture();
    bench.pass(Duration.ofMillis(100));
    bench.done(audio.close());
    assertThatThrownBy(played::join)
        .cause()
        .isInstanceOfSatisfying(
            AudioException.class, error -> assertThat(error.reason()).isEqualTo(Reason.CLOSED));
    assertThatThrownBy(() -> bench.await(audio.play(Tone.sine(440, FORMAT), FORMAT)))
        .hasCauseInstanceOf(AudioException.class);
  }

  @Test
  void aPausedStreamKeepsItsPlace() {
    Heard heard = new Heard(tap, 1);
    byte[] noise = Noise.bytes(7, SECOND / 4);
    Playback playback = audio.playback(StreamSettings.of(FORMAT));
    CompletableFuture<PlaybackReport> played = playback.play(Noise.flux(noise)).toFuture();
    bench.passUntil(() -> bench.running(FIRST_PLAYBACK));
    bench.pass(Duration.ofMillis(75));
    bench.done(playback.pause());
    PcmPosition held = bench.await(playback.position());
    bench.pass(Duration.ofSeconds(3));
    assertThat(bench.await(playback.position())).isEqualTo(held);
    bench.done(playback.resume());
    bench.passUntil(played::isDone);
    heard.isExactly(noise);
    assertThat(played.join().underruns()).isZero();
  }

  @Test
  void latencyIsWhatIsWrittenAndNotYetHeard() {
    Playback playback = audio.playback(StreamSettings.of(FORMAT));
    Disposable playing = playback.play(Tone.sine(440, FORMAT)).subscribe();
    bench.passUntil(() -> bench.running(FIRST_PLAYBACK));
    bench.pass(Duration.ofMillis(105));
    PcmPosition position = bench.await(playback.position());
    assertThat(position.dmaFrames()).isBetween(105L * 48 - 48, 107L * 48);
    assertThat(position.hostFrames()).isEqualTo((10 + 4) * 480);
    assertThat(position.latency())
        .isEqualTo(FORMAT.duration(position.hostFrames() - position.linkFrames()));
    playing.dispose();
  }

  @Test
  void membersOfAGroupBeginWithTheSameFrame() {
    SyncStart group = new SyncStart(PAIRS);
    StreamSettings settings = StreamSettings.builder(FORMAT).startWith(group).build();
    List<Heard> heard = new ArrayList<>();
    List<CompletableFuture<PlaybackReport>> played = new ArrayList<>();
    byte[] noise = Noise.bytes(9, SECOND / 10);
    for (int pair = 1; pair <= PAIRS; pair++) {
      heard.add(new Heard(tap, pair));
      played.add(audio.playback(settings).play(Noise.flux(noise)).toFuture());
      bench.pass(Duration.ofMillis(30));
      if (pair < PAIRS) {
        heard.forEach(one -> assertThat(one.bytes()).isEmpty());
      }
    }
    bench.passUntil(() -> bench.running(FIRST_PLAYBACK));
    bench.pass(Duration.ofMillis(15));
    int first = heard.get(0).bytes().length;
    assertThat(first).isPositive();
    heard.forEach(one -> assertThat(one.bytes()).hasSize(first));
    bench.passUntil(() -> played.stream().allMatch(CompletableFuture::isDone));
    heard.forEach(one -> one.isExactly(noise));
  }

  @Test
  void periodsAreFilledInPlace() {
    Heard heard = new Heard(tap, 1);
    byte[] noise = Noise.bytes(11, 25 * 1920 + 400);
    Playback playback = audio.playback(StreamSettings.of(FORMAT));
    playback
        .periods()
        .subscribe(
            period -> {
              int at = (int) period.number() * 1920;
              int count = Math.min(1920, noise.length - at);
              period.buffer().put(noise, at, count);
              if (count < 1920) {
                period.last();
              }
            });
    PlaybackReport report = bench.await(playback.report());
    heard.isExactly(noise);
    assertThat(report.frames()).isEqualTo(noise.length / 4);
  }

  @Test
  void aGroupMayTakeItsTime() {
    SyncStart group = new SyncStart(2);
    StreamSettings settings = StreamSettings.builder(FORMAT).startWith(group).build();
    byte[] noise = Noise.bytes(12, SECOND / 10);
    Heard heard = new Heard(tap, 1);
    CompletableFuture<PlaybackReport> first =
        audio.playback(settings).play(Noise.flux(noise)).toFuture();
    bench.pass(Duration.ofSeconds(3));
    assertThat(first).isNotDone();
    PlaybackReport second = bench.await(audio.playback(settings).play(Noise.flux(noise)));
    bench.passUntil(first::isDone);
    assertThat(first.join().underruns()).isZero();
    assertThat(second.end()).isEqualTo(StreamEnd.COMPLETE);
    heard.isExactly(noise);
  }

  @Test
  void aMemberThatIsCancelledLeavesItsPlace() {
    SyncStart group = new SyncStart(2);
    StreamSettings settings = StreamSettings.builder(FORMAT).startWith(group).build();
    byte[] noise = Noise.bytes(13, SECOND / 10);
    Disposable gone = audio.playback(settings).play(Noise.flux(noise)).subscribe();
    bench.pass(Duration.ofMillis(100));
    gone.dispose();
    bench.pass(Duration.ofMillis(20));
    CompletableFuture<PlaybackReport> first =
        audio.playback(settings).play(Noise.flux(noise)).toFuture();
    bench.pass(Duration.ofMillis(100));
    assertThat(first).isNotDone();
    PlaybackReport second = bench.await(audio.playback(settings).play(Noise.flux(noise)));
    bench.passUntil(first::isDone);
    assertThat(first.join().frames()).isEqualTo(second.frames());
  }

  @Test
  void aPeriodNobodyFillsIsSilent() {
    Heard heard = new Heard(tap, 1);
    byte[] noise = Noise.bytes(14, 3 * 1920);
    Playback playback = audio.playback(StreamSettings.of(FORMAT));
    playback
        .periods()
        .subscribe(
            period -> {
              if (period.number() < 3) {
                period.buffer().put(noise, (int) period.number() * 1920, 1920);
              } else if (period.number() == 6) {
                period.last();
              }
            });
    PlaybackReport report = bench.await(playback.report());
    assertThat(report.frames()).isEqualTo(3 * 480);
    assertThat(report.periods()).isEqualTo(8);
    assertThat(report.underruns()).isZero();
    heard.isExactly(noise);
  }

  @Test
  void aPublisherThatThrowsEndsItsStreamAndNoOther() {
    AtomicInteger requests = new AtomicInteger();
    Publisher<ByteBuffer> throwing =
        subscriber ->
            subscriber.onSubscribe(
                new Subscription() {
                  @Override
                  public void request(long n) {
                    if (requests.incrementAndGet() > 10) {
                      throw new IllegalStateException("on purpose");
                    }
                    subscriber.onNext(ByteBuffer.allocate(1920));
                  }

                  @Override
                  public void cancel() {}
                });
    CompletableFuture<PlaybackReport> other =
        audio.play(Tone.sine(440, FORMAT, Duration.ofMillis(300)), FORMAT).toFuture();
    assertThatThrownBy(() -> bench.await(audio.play(throwing, FORMAT)))
        .hasRootCauseMessage("on purpose");
    bench.passUntil(other::isDone);
    assertThat(other.join().underruns()).isZero();
  }
}
