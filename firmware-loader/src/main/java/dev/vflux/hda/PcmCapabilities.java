package dev.vflux.hda;

import java.util.List;
import java.util.stream.IntStream;

/**
 * The formats of a converter, or those of a function group for converters that have none of their
 * own (HDA 1.0a, 7.3.4.7 and 7.3.4.8). Immutable; any thread.
 *
 * @param sizesAndRates the codec's answer: rates in bits 11:0, sizes in 20:16
 * @param streamFormats the codec's answer: PCM in bit 0, 32-bit float in bit 1, AC-3 in bit 2
 */
public record PcmCapabilities(int sizesAndRates, int streamFormats) {

  // bit 11, 384 kHz, is a rate that no stream format can have
  private static final int[] RATES = {
    8_000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000, 88_200, 96_000, 176_400, 192_000
  };
  private static final int[] SIZES = {8, 16, 20, 24, 32};
  private static final int SIZES_SHIFT = 16;
  private static final int PCM = 1;

  /** Its own where it has any, else those of the function group. */
  PcmCapabilities orElse(PcmCapabilities group) {
    return new PcmCapabilities(
        sizesAndRates == 0 ? group.sizesAndRates : sizesAndRates,
        streamFormats == 0 ? group.streamFormats : streamFormats);
  }

  /**
   * Whether it takes PCM streams.
   *
   * @return false for one that takes other streams only
   */
  public boolean pcm() {
    return (streamFormats & PCM) != 0;
  }

  /**
   * Its rates.
   *
   * @return frames per second, ascending
   */
  public List<Integer> rates() {
    return listed(RATES, 0);
  }

  /**
   * Its sample sizes.
   *
   * @return bits of a sample, ascending
   */
  public List<Integer> bits() {
    return listed(SIZES, SIZES_SHIFT);
  }

  private List<Integer> listed(int[] values, int shift) {
    return IntStream.range(0, values.length)
        .filter(bit -> (sizesAndRates >>> (shift + bit) & 1) != 0)
        .mapToObj(bit -> values[bit])
        .toList();
  }
}
