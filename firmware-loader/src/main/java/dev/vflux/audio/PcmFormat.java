package dev.vflux.audio;

import dev.vflux.hda.StreamFormat;
import java.time.Duration;
import java.util.Optional;

/**
 * What the bytes of a stream mean: frames of interleaved samples. Immutable; any thread.
 *
 * @param rate frames per second
 * @param sample how a sample lies in memory
 * @param channels samples in a frame, 1 to 16
 */
public record PcmFormat(int rate, SampleFormat sample, int channels) {

  /** 48 kHz, 16 bits, stereo: what nearly every codec and firmware takes. */
  public static final PcmFormat DEFAULT = new PcmFormat(48_000, SampleFormat.S16_LE, 2);

  /** Most channels that SDxFMT can say. */
  public static final int MAX_CHANNELS = 16;

  private static final long NANOS_PER_SECOND = 1_000_000_000L;

  /**
   * Checks the numbers; whether a device takes them is told when a stream is opened.
   *
   * @param rate frames per second
   * @param sample how a sample lies in memory
   * @param channels samples in a frame
   * @throws IllegalArgumentException for a rate below 1, or channels below 1 or above 16
   */
  public PcmFormat {
    if (rate < 1 || channels < 1 || channels > MAX_CHANNELS) {
      throw new IllegalArgumentException(
          rate + " Hz with " + channels + " channels; use 1 to " + MAX_CHANNELS + " channels");
    }
  }

  /**
   * The size of a frame.
   *
   * @return bytes
   */
  public int frameBytes() {
    return sample.bytes() * channels;
  }

  /**
   * How many frames a time holds.
   *
   * @param time not negative
   * @return frames, rounded up
   */
  public long frames(Duration time) {
    long seconds = Math.multiplyExact(time.toSeconds(), (long) rate);
    return seconds + ceilDiv((long) time.toNanosPart() * rate, NANOS_PER_SECOND);
  }

  /**
   * How long frames last.
   *
   * @param frames not negative
   * @return the time, to the nanosecond below
   */
  public Duration duration(long frames) {
    return Duration.ofSeconds(frames / rate, frames % rate * NANOS_PER_SECOND / rate);
  }

  /** What SDxFMT has to say; empty when it cannot say this rate. */
  Optional<StreamFormat> streamFormat(int bits) {
    try {
      return Optional.of(new StreamFormat(rate, bits, channels));
    } catch (IllegalArgumentException unknownRate) {
      return Optional.empty();
    }
  }

  private static long ceilDiv(long a, long b) {
    return (a + b - 1) / b;
  }

  @Override
  public String toString() {
    return rate + " Hz, " + sample + ", " + channels + (channels == 1 ? " channel" : " channels");
  }
}
