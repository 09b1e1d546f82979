package dev.vflux.samples;

import dev.vflux.audio.PcmFormat;
import dev.vflux.audio.StreamSettings;
import dev.vflux.audio.XrunPolicy;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** What a stream's buffer shall be, and what shall happen when somebody is too slow. */
final class StreamOptions {

  @Option(
      names = "--period",
      paramLabel = "DURATION",
      converter = Numbers.DurationConverter.class,
      description = "At least this long from interrupt to interrupt; default 10ms.")
  @Nullable Duration period;

  @Option(
      names = "--periods",
      paramLabel = "COUNT",
      defaultValue = "16",
      description = "Periods of the buffer, 2 to 256; default ${DEFAULT-VALUE}.")
  int periods = 16;

  @Option(
      names = "--latency",
      paramLabel = "DURATION",
      converter = Numbers.DurationConverter.class,
      description = "The time of the whole buffer, instead of --period.")
  @Nullable Duration latency;

  @Option(
      names = "--on-xrun",
      defaultValue = "CONTINUE",
      description = {
        "What to do about an under-run or over-run: ${COMPLETION-CANDIDATES}.",
        "Default ${DEFAULT-VALUE}; STOP and ERROR end the stream, with exit code 1."
      })
  XrunPolicy onXrun = XrunPolicy.CONTINUE;

  /** Throws TypeConversionException when they contradict each other. */
  void check() {
    if (period != null && latency != null) {
      throw new TypeConversionException("--period and --latency say the same: use one of them");
    }
  }

  StreamSettings settings(PcmFormat format) {
    StreamSettings.Builder settings =
        StreamSettings.builder(format).periods(periods).onXrun(onXrun);
    if (period != null) {
      settings.period(period);
    } else if (latency != null) {
      settings.latency(latency);
    }
    return settings.build();
  }
}
