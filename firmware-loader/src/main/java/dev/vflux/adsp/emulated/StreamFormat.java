package dev.vflux.adsp.emulated;

/**
 * The format word of a stream descriptor, a link DMA or a converter: BASE (14), MULT (13:11) and
 * DIV (10:8) are the rate, BITS (6:4) the sample, CHAN (3:0) the channels less one. High Definition
 * Audio Specification 1.0a, 3.7.1.
 */
final class StreamFormat {

  private static final int[] CONTAINER_BYTES = {1, 2, 4, 4, 4, 4, 4, 4};
  private static final int[] SAMPLE_BITS = {8, 16, 20, 24, 32, 32, 32, 32};
  private static final int BASE_44_1 = 0x4000;

  private StreamFormat() {}

  private static int bits(int format) {
    return format >> 4 & 0x7;
  }

  /** Frames per second; 0 for some words that name no rate. */
  static long framesPerSecond(int format) {
    long base = (format & BASE_44_1) == 0 ? 48_000 : 44_100;
    return base * ((format >> 11 & 0x7) + 1) / ((format >> 8 & 0x7) + 1);
  }

  /** Bytes of one sample in memory. */
  static int containerBytes(int format) {
    return CONTAINER_BYTES[bits(format)];
  }

  /** Which bits of a 32-bit sample, its value at the top, exist on the link. */
  static int sampleMask(int format) {
    return -1 << (Integer.SIZE - SAMPLE_BITS[bits(format)]);
  }

  static int channels(int format) {
    return (format & 0xf) + 1;
  }

  /** Bytes of one sample of every channel. */
  static int frameBytes(int format) {
    return containerBytes(format) * channels(format);
  }
}
