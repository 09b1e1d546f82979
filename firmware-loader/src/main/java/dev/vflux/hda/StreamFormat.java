package dev.vflux.hda;

/**
 * A PCM stream format as SDxFMT and a codec converter hold it (HDA 1.0a, 3.7.1).
 *
 * @param rate frames per second
 * @param bits bits in a sample's container: 8, 16, 20, 24 or 32
 * @param channels 1 to 16
 */
public record StreamFormat(int rate, int bits, int channels) {

  /** What the DSP's ROM expects on the code-load stream (Linux hda-loader.c). */
  public static final StreamFormat CODE_LOAD = new StreamFormat(48_000, 32, 1);

  private static final int BASE_44K1 = 0x4000;
  private static final int MULT_SHIFT = 11;
  private static final int DIV_SHIFT = 8;
  private static final int BITS_SHIFT = 4;
  private static final int MAX_MULT = 4;
  private static final int MAX_DIV = 8;
  private static final int MAX_CHANNELS = 16;

  /**
   * Checks that the register can hold it.
   *
   * @param rate frames per second
   * @param bits bits in a sample's container
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
    return switch (bits) {
      case 8 -> 0;
      case 16 -> 1;
      case 20 -> 2;
      case 24 -> 3;
      case 32 -> 4;
      default -> -1;
    };
  }
}
