package dev.vflux.samples;

import dev.vflux.audio.PcmFormat;
import dev.vflux.audio.SampleFormat;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** What a recording shall be. */
final class FormatOptions {

  private static final int MAX_RATE = 384_000;

  @Option(
      names = "--rate",
      paramLabel = "HZ",
      defaultValue = "48000",
      description = "Frames per second; default ${DEFAULT-VALUE}.")
  int rate = PcmFormat.DEFAULT.rate();

  @Option(
      names = "--bits",
      defaultValue = "16",
      description = "Bits of a sample, 16, 24 or 32; default ${DEFAULT-VALUE}.")
  int bits = PcmFormat.DEFAULT.sample().bits();

  @Option(names = "--channels", defaultValue = "2", description = "Default ${DEFAULT-VALUE}.")
  int channels = PcmFormat.DEFAULT.channels();

  /** What the stream is to be; of 24 bits, in the upper ones of 32. */
  PcmFormat format() {
    return switch (bits) {
      case 16 -> checked(rate, SampleFormat.S16_LE, channels);
      case 24, 32 -> checked(rate, SampleFormat.S32_LE, channels);
      default -> throw new TypeConversionException(bits + " bits: use 16, 24 or 32");
    };
  }

  /** Throws TypeConversionException for numbers no controller knows. */
  static PcmFormat checked(int rate, SampleFormat sample, int channels) {
    if (rate < 1 || rate > MAX_RATE || channels < 1 || channels > PcmFormat.MAX_CHANNELS) {
      throw new TypeConversionException(
          "%d Hz with %d channels: use at most %d Hz and %d channels"
              .formatted(rate, channels, MAX_RATE, PcmFormat.MAX_CHANNELS));
    }
    return new PcmFormat(rate, sample, channels);
  }
}
