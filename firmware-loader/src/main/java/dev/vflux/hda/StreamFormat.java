package dev.vflux.hda;

import java.util.Optional;

/**
 * A PCM stream format as SDxFMT and a codec converter hold it (HDA 1.0a, 3.7.1).
 *
 * @param rate frames per second
 * @param bits bits of a sample: 8, 16, 20, 24 or 32
 * @param channels 1 to 16
 */
public record StreamFormat(int rate, int bits, int channels) {

  // used by the constants below
  private static final int[] BITS = {8, 16, 20, 24, 32};

  /** What the DSP's ROM expects on the code-load stream (Linux hda-loader.c). */
  public static final StreamFormat CODE_LOAD = new StreamFormat(48_000, 32, 1);

  private static final int BASE_44K1 = 0x4000;
  private static final int MULT_SHIFT = 11;
  private static final int DIV_SHIFT = 8;
  private static final int BITS_SHIFT = 4;
  private static final int PCM_WORD = 0x7f7f;
  private static final int MULT_CODE = 0x7;
  private static final int DIV_CODE = 0x7;
  private static final int BITS_CODE = 0x7;
  private static final int CHANNELS_CODE = 0xf;
  private static final int MAX_MULT = 4;
  private static final int MAX_DIV = 8;
  private static final int MAX_CHANNELS = 16;

  /**
   * Checks that the register can hold it.
   *
   * @param rate frames per second
   * @param bits bits of a sample
   * @param channels how many
   * @throws IllegalArgumentException when it cannot
   */
  public StreamFormat {
    if (channels < 1 || channels > MAX_CHANNELS || bitsCode(bits) < 0 || rateCode(rate) < 0) {
      throw new IllegalArgumentException(
          "no stream format for " + rate + " Hz, " + bits + " bits, " + channels + " channels");
    }
  }

  /**
   * The format that a register holds, or a codec has answered.
   *
   * @param word 16 bits
   * @return the format; empty when the word is for no PCM stream, uses reserved codes or sets
   *     reserved bits, or when its rate is no whole number
   */
  public static Optional<StreamFormat> find(int word) {
    int bitsCode = word >>> BITS_SHIFT & BITS_CODE;
    int mult = (word >>> MULT_SHIFT & MULT_CODE) + 1;
    int div = (word >>> DIV_SHIFT & DIV_CODE) + 1;
    int multiplied = ((word & BASE_44K1) == 0 ? 48_000 : 44_100) * mult;
    if ((word & ~PCM_WORD) != 0
        || bitsCode >= BITS.length
        || mult > MAX_MULT
        || multiplied % div != 0) {
      return Optional.empty();
    }
    return Optional.of(
        new StreamFormat(multiplied / div, BITS[bitsCode], (word & CHANNELS_CODE) + 1));
  }

  /**
   * Bytes of a sample in memory (HDA 1.0a, 4.5.1): 20 and 24 bits lie in containers of 32.
   *
   * @return 1, 2 or 4
   */
  public int containerBytes() {
    return bits <= Byte.SIZE ? Byte.BYTES : bits <= Short.SIZE ? Short.BYTES : Integer.BYTES;
  }

  /**
   * Bytes of a frame in memory: one sample of each channel.
   *
   * @return containers of all channels
   */
  public int frameBytes() {
    return containerBytes() * channels;
  }

  /**
   * The register value.
   *
   * @return 16 bits
   */
  public int word() {
    return rateCode(rate) | bitsCode(bits) << BITS_SHIFT | (channels - 1);
  }

  private static int rateCode(int rate) {
    int code = rateCode(rate, 48_000, 0);
    return code >= 0 ? code : rateCode(rate, 44_100, BASE_44K1);
  }

  // several pairs can give one rate (48 kHz is also 96/2): the smallest multiplier is the usual one
  private static int rateCode(int rate, int base, int baseBit) {
    for (int mult = 1; mult <= MAX_MULT; mult++) {
      for (int div = 1; div <= MAX_DIV; div++) {
        if (rate > 0 && (long) rate * div == (long) base * mult) {
          return baseBit | (mult - 1) << MULT_SHIFT | (div - 1) << DIV_SHIFT;
        }
      }
    }
    return -1;
  }

  private static int bitsCode(int bits) {
    for (int code = 0; code < BITS.length; code++) {
      if (BITS[code] == bits) {
        return code;
      }
    }
    return -1;
  }

  @Override
  public String toString() {
    return "%d Hz, %d bits, %d channel%s".formatted(rate, bits, channels, channels == 1 ? "" : "s");
  }
}
