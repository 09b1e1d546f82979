package dev.vflux.audio;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import reactor.core.publisher.Flux;

/** Sine tones, to hear whether a path works. Stateless; any thread. */
public final class Tone {

  private static final double LEVEL = 0.25;
  private static final Duration CHUNK = Duration.ofMillis(10);

  private Tone() {}

  /**
   * A tone, a quarter of full scale (-12 dBFS), the same in all channels, without an end. Cold:
   * each subscription begins with a zero crossing; calculated as it is requested, on the thread
   * that requests.
   *
   * @param hertz its frequency, above 0 and below half the rate
   * @param format what the bytes mean
   * @return buffers of 10 ms, little-endian; each a new one, the subscriber's own
   * @throws IllegalArgumentException for another frequency
   */
  public static Flux<ByteBuffer> sine(double hertz, PcmFormat format) {
    if (!(hertz > 0 && hertz < format.rate() / 2.0)) {
      throw new IllegalArgumentException(
          hertz + " Hz; use more than 0 and less than half of " + format.rate() + " Hz");
    }
    int frames = (int) format.frames(CHUNK);
    return Flux.generate(
        () -> 0L,
        (frame, sink) -> {
          sink.next(chunk(hertz, format, frame, frames));
          return frame + frames;
        });
  }

  /**
   * A tone that ends.
   *
   * @param hertz its frequency, above 0 and below half the rate
   * @param format what the bytes mean
   * @param length how long, rounded up to a frame
   * @return as {@link #sine(double, PcmFormat)}
   * @throws IllegalArgumentException for another frequency
   */
  public static Flux<ByteBuffer> sine(double hertz, PcmFormat format, Duration length) {
    long chunk = format.frames(CHUNK);
    long frames = format.frames(length);
    return sine(hertz, format)
        .take((frames + chunk - 1) / chunk)
        .index(
            (index, bytes) -> {
              long left = frames - index * chunk;
              return left < chunk ? bytes.limit((int) left * format.frameBytes()) : bytes;
            });
  }

  private static ByteBuffer chunk(double hertz, PcmFormat format, long first, int frames) {
    ByteBuffer bytes =
        ByteBuffer.allocate(frames * format.frameBytes()).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < frames; i++) {
      double value = LEVEL * Math.sin(2 * Math.PI * hertz * (first + i) / format.rate());
      for (int channel = 0; channel < format.channels(); channel++) {
        put(bytes, format.sample(), value);
      }
    }
    return bytes.flip();
  }

  private static void put(ByteBuffer bytes, SampleFormat sample, double value) {
    switch (sample) {
      case S16_LE -> bytes.putShort((short) Math.round(value * Short.MAX_VALUE));
      case S24_LE -> bytes.putInt((int) Math.round(value * ((1 << 23) - 1)));
      case S32_LE -> bytes.putInt((int) Math.round(value * Integer.MAX_VALUE));
    }
  }
}
