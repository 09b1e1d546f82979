package dev.vflux.adsp.emulated;

/** The format word of a stream descriptor: how fast a coupled stream goes out. */
final class StreamFormat {

  private static final int[] CONTAINER_BYTES = {1, 2, 4, 4, 4, 4, 4, 4};

  private StreamFormat() {}

  /**
   * Bytes per second: rate by BASE (14), MULT (13:11) and DIV (10:8), container by BITS (6:4),
   * channels by CHAN (3:0); High Definition Audio Specification 1.0a, 3.7.1.
   */
  static long bytesPerSecond(int format) {
    long base = (format & 0x4000) == 0 ? 48_000 : 44_100;
    long rate = base * ((format >> 11 & 0x7) + 1) / ((format >> 8 & 0x7) + 1);
    return rate * CONTAINER_BYTES[format >> 4 & 0x7] * ((format & 0xf) + 1);
  }
}
