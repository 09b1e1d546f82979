package dev.vflux.hda;

import java.util.List;
import java.util.stream.Collectors;

/**
 * The PCM formats that a path through a codec and the controller's link offer together. Immutable;
 * any thread.
 *
 * @param rates frames per second, ascending
 * @param bits bits of a sample, ascending
 * @param channels how many at most
 * @param payload words of 16 bits that the link has in a frame of 48 kHz; 0 when the controller
 *     does not tell
 */
public record PathFormats(List<Integer> rates, List<Integer> bits, int channels, int payload) {

  private static final int LINK_RATE = 48_000;

  /**
   * Keeps copies of the lists.
   *
   * @param rates frames per second
   * @param bits bits of a sample
   * @param channels how many at most
   * @param payload words on the link
   */
  public PathFormats {
    rates = List.copyOf(rates);
    bits = List.copyOf(bits);
  }

  /**
   * Whether a format is among them.
   *
   * @param format a format
   * @return true when codec and link can carry it
   */
  public boolean contains(StreamFormat format) {
    return rates.contains(format.rate())
        && bits.contains(format.bits())
        && format.channels() <= channels
        && (payload == 0 || onLink(format) <= payload * Short.SIZE);
  }

  /** Bits in the fullest frame of the link. */
  private static int onLink(StreamFormat format) {
    int samples = (format.rate() + LINK_RATE - 1) / LINK_RATE;
    return samples * format.channels() * format.bits();
  }

  @Override
  public String toString() {
    return "%s Hz, %s bits, %s%s"
        .formatted(
            list(rates),
            list(bits),
            channels == 1 ? "1 channel" : "1 to " + channels + " channels",
            payload == 0 ? "" : ", " + payload + " words on the link");
  }

  private static String list(List<Integer> values) {
    return values.isEmpty()
        ? "no"
        : values.stream().map(String::valueOf).collect(Collectors.joining("/"));
  }
}
