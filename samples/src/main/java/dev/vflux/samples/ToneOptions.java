package dev.vflux.samples;

import dev.vflux.audio.PcmFormat;
import dev.vflux.audio.SampleFormat;
import dev.vflux.audio.Tone;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Schedulers;

/** A sine tone of 16 bits, instead of a file. */
final class ToneOptions implements PlaySource {

  @Option(names = "--tone", paramLabel = "HZ", description = "Play a sine of this frequency.")
  @Nullable Double hertz;

  @Option(
      names = "--seconds",
      paramLabel = "SECONDS",
      converter = Numbers.SecondsConverter.class,
      description = "How long the tone is, for instance 0.5; default: until Ctrl-C.")
  @Nullable Duration length;

  @Option(names = "--rate", paramLabel = "HZ", description = "Of the tone; default 48000.")
  @Nullable Integer rate;

  @Option(names = "--channels", description = "Of the tone; default 2.")
  @Nullable Integer channels;

  /** Whether a tone is wanted. */
  boolean wanted() {
    return hertz != null;
  }

  /** Throws TypeConversionException for what cannot be meant. */
  void check() {
    if (hertz == null) {
      if (length != null || rate != null || channels != null) {
        throw new TypeConversionException(
            "--seconds, --rate and --channels are for --tone: a file says what it is");
      }
      return;
    }
    PcmFormat format = FormatOptions.checked(rate(), SampleFormat.S16_LE, channels());
    if (!(hertz > 0 && hertz < format.rate() / 2.0)) {
      throw new TypeConversionException(
          "a tone of %s Hz: use more than 0 and less than half of %d Hz"
              .formatted(hertz, format.rate()));
    }
  }

  private int rate() {
    return rate == null ? PcmFormat.DEFAULT.rate() : rate;
  }

  private int channels() {
    return channels == null ? PcmFormat.DEFAULT.channels() : channels;
  }

  private double frequency() {
    return hertz == null ? 0 : hertz;
  }

  @Override
  public PcmFormat format() {
    return new PcmFormat(rate(), SampleFormat.S16_LE, channels());
  }

  @Override
  public OptionalLong frames() {
    return length == null ? OptionalLong.empty() : OptionalLong.of(format().frames(length));
  }

  @Override
  public Flux<ByteBuffer> samples() {
    Flux<ByteBuffer> tone =
        length == null
            ? Tone.sine(frequency(), format())
            : Tone.sine(frequency(), format(), length);
    return tone.subscribeOn(Schedulers.boundedElastic());
  }

  @Override
  public Optional<String> note() {
    return Optional.empty();
  }

  @Override
  public String toString() {
    return "a tone of " + frequency() + " Hz, " + format();
  }
}
