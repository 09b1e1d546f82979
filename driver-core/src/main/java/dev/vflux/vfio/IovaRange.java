package dev.vflux.vfio;

/**
 * A range of I/O virtual addresses.
 *
 * @param first the first address
 * @param last the last address, inclusive (the ranges of the kernel end at 2^n-1)
 */
public record IovaRange(long first, long last) {

  /**
   * Creates a range.
   *
   * @param first the first address, not negative
   * @param last the last address, not below the first
   */
  public IovaRange {
    if (first < 0 || last < first) {
      throw new IllegalArgumentException("no range: " + first + " to " + last);
    }
  }
}
