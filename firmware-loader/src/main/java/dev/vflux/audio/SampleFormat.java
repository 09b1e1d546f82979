package dev.vflux.audio;

/**
 * How a sample lies in memory: signed, little-endian. Names are ALSA's ({@code
 * include/uapi/sound/asound.h}).
 */
public enum SampleFormat {
  /** 16 bits in 2 bytes. */
  S16_LE(16, 2),
  /** 24 bits in the low bytes of 4; for the DSP, which shifts them. A codec's link does not. */
  S24_LE(24, 4),
  /** 32 bits in 4 bytes; a converter with fewer takes the upper ones. */
  S32_LE(32, 4);

  private final int bits;
  private final int bytes;

  SampleFormat(int bits, int bytes) {
    this.bits = bits;
    this.bytes = bytes;
  }

  /**
   * How many bits count.
   *
   * @return 16, 24 or 32
   */
  public int bits() {
    return bits;
  }

  /**
   * How large a sample is in memory.
   *
   * @return bytes, 2 or 4
   */
  public int bytes() {
    return bytes;
  }
}
