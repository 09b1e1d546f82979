package dev.vflux.audio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vflux.audio.AudioException.Reason;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which buffers a controller can be told of. */
class StreamSettingsTest {

  private static final PcmFormat STEREO = PcmFormat.DEFAULT;

  @Test
  void theDefaultIsFourPeriodsOf10Ms() {
    StreamSettings settings = StreamSettings.of(STEREO);
    assertThat(settings.periodFrames()).isEqualTo(480);
    assertThat(settings.periodBytes()).isEqualTo(1920);
    assertThat(settings.bufferBytes()).isEqualTo(4 * 1920);
    assertThat(settings.latency()).isEqualTo(Duration.ofMillis(40));
  }

  @ParameterizedTest
  @CsvSource({"1, S16_LE, 2, 32", "33, S16_LE, 2, 64", "1, S16_LE, 3, 64", "1, S32_LE, 5, 32"})
  void aPeriodIsRoundedUpToTheDescriptorsAlignment(
      int wanted, SampleFormat sample, int channels, int frames) {
    StreamSettings settings =
        StreamSettings.builder(new PcmFormat(48_000, sample, channels))
            .periodFrames(wanted)
            .build();
    assertThat(settings.periodFrames()).isEqualTo(frames);
    assertThat(settings.periodBytes() % 128).isZero();
  }

  @Test
  void thePeriodsShareALatency() {
    StreamSettings settings =
        StreamSettings.builder(STEREO).periods(8).latency(Duration.ofMillis(80)).build();
    assertThat(settings.period()).isEqualTo(Duration.ofMillis(10));
    assertThat(settings.latency()).isEqualTo(Duration.ofMillis(80));
  }

  @ParameterizedTest
  @CsvSource({
    "PT0S, 4",
    "PT-1S, 4",
    "PT0.01S, 1",
    "PT0.01S, 257",
    "PT2S, 4",
    "PT1000000000H, 4",
    "PT2562047788015215H, 4"
  })
  void whatCannotBeDescribedIsRefused(Duration period, int periods) {
    for (SampleFormat sample : SampleFormat.values()) {
      StreamSettings.Builder settings =
          StreamSettings.builder(new PcmFormat(48_000, sample, 16)).period(period).periods(periods);
      assertThatThrownBy(settings::build)
          .isInstanceOfSatisfying(
              AudioException.class,
              error -> assertThat(error.reason()).isEqualTo(Reason.BAD_BUFFER_SIZE));
    }
  }

  @Test
  void aLatencyIsSharedByAllPeriodsWhateverIsSaidFirst() {
    StreamSettings.Builder latencyFirst =
        StreamSettings.builder(PcmFormat.DEFAULT).latency(Duration.ofMillis(80)).periods(8);
    StreamSettings.Builder periodsFirst =
        StreamSettings.builder(PcmFormat.DEFAULT).periods(8).latency(Duration.ofMillis(80));
    assertThat(latencyFirst.build().period()).isEqualTo(Duration.ofMillis(10));
    assertThat(periodsFirst.build().period()).isEqualTo(Duration.ofMillis(10));
  }
}
