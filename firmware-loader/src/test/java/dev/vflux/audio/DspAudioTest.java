package dev.vflux.audio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vflux.adsp.FirmwareLoader;
import dev.vflux.adsp.emulated.DaiTap;
import dev.vflux.audio.AudioException.Reason;
import dev.vflux.firmware.SampleImages;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.scheduler.Schedulers;

/** Samples through the firmware to the codecs and back, bit by bit. */
@ExtendWith(LeakCheck.class)
class DspAudioTest {

  private static final PcmFormat FORMAT = PcmFormat.DEFAULT;
  private static final int FIRST_PLAYBACK = 7;
  private static final int PAIRS = 4;

  private final DaiTap tap = DaiTap.open("dsp-audio", Schedulers.immediate());
  private final PcmBench bench =
      PcmBench.open(
          Map.of(
              "converters",
              String.valueOf(PAIRS),
              "dai-out",
              "tap:dsp-audio",
              "dai-in",
              "tap:dsp-audio"),
          "");
  private final FirmwareLoader loader = FirmwareLoader.builder(bench.device).build();
  private final DspAudio audio =
      bench.await(loader.load(SampleImages.cml()).then(DspAudio.open(bench.device, loader)));

  @AfterEach
  void close() {
    bench.close();
    tap.close();
  }

  @ParameterizedTest
  @CsvSource({"48000, S16_LE, 2", "48000, S32_LE, 2", "96000, S16_LE, 1"})
  void whatIsPlayedArrivesAtTheDac(int rate, SampleFormat sample, int channels) {
    PcmFormat format = new PcmFormat(rate, sample, channels);
    Heard heard = new Heard(tap, 1);
    byte[] noise =
        Noise.bytes(rate, (int) format.frames(Duration.ofMillis(333)) * format.frameBytes());
    PlaybackReport report = bench.await(audio.play(Noise.flux(noise), format));
    heard.isExactly(noise);
    assertThat(report.underruns()).isZero();
  }

  @Test
  void whatTheMicrophoneHearsIsRecorded() {
    byte[] noise = Noise.bytes(5, 4 * 1234);
    tap.repeat(1, ByteBuffer.wrap(noise));
    List<PcmPeriod> recorded =
        bench.await(audio.record(FORMAT).map(PcmPeriod::snapshot).take(20).collectList());
    List<Byte> bytes = new ArrayList<>();
    recorded.forEach(
        period -> {
          while (period.buffer().hasRemaining()) {
            bytes.add(period.buffer().get());
          }
        });
    int first = 0;
    while (bytes.get(first) != noise[0] || bytes.get(first + 1) != noise[1]) {
      assertThat(bytes.get(first)).as("silence before the link runs").isZero();
      first++;
    }
    for (int i = first; i < bytes.size(); i++) {
      assertThat(bytes.get(i)).isEqualTo(noise[(i - first) % noise.length]);
    }
  }

  @Test
  void aPausedStreamKeepsItsPlace() {
    Heard heard = new Heard(tap, 1);
    byte[] noise = Noise.bytes(7, 40_000);
    Playback playback = audio.playback(StreamSettings.of(FORMAT));
    CompletableFuture<PlaybackReport> played = playback.play(Noise.flux(noise)).toFuture();
    bench.passUntil(() -> bench.running(FIRST_PLAYBACK));
    bench.pass(Duration.ofMillis(75));
    bench.done(playback.pause());
    PcmPosition held = bench.await(playback.position());
    bench.pass(Duration.ofSeconds(2));
    assertThat(bench.await(playback.position())).isEqualTo(held);
    bench.done(playback.resume());
    bench.passUntil(played::isDone);
    heard.isExactly(noise);
  }

  @Test
  void eightStreamsForAMinuteOfDeviceTime() {
    EightStreams.play(bench, tap, audio, PAIRS);
  }

  @Test
  void poweringDownEndsStreamsWithATypedError() {
    CompletableFuture<PlaybackReport> played =
        audio.play(Tone.sine(440, FORMAT), FORMAT).toFuture();
    bench.passUntil(() -> bench.running(FIRST_PLAYBACK));
    bench.pass(Duration.ofMillis(50));
    bench.done(loader.powerDown());
    assertThatThrownBy(played::join)
        .cause()
        .isInstanceOfSatisfying(
            AudioException.class, error -> assertThat(error.reason()).isEqualTo(Reason.CLOSED));
  }
}
