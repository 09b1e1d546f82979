package dev.vflux.emulated;

/**
 * What answers accesses to a range of registers. Called under the board's lock, with accesses that
 * lie inside the range and are aligned to their width.
 */
public interface RegisterSpace {

  /**
   * The size of the range.
   *
   * @return bytes
   */
  long size();

  /**
   * A read by the driver.
   *
   * @param offset byte offset into the range
   * @param width bytes: 1, 2, 4 or 8
   * @return the little-endian value; bits beyond the width are ignored
   */
  long read(long offset, int width);

  /**
   * A write by the driver.
   *
   * @param offset byte offset into the range
   * @param width bytes: 1, 2, 4 or 8
   * @param value the little-endian value; bits beyond the width are not defined
   */
  void write(long offset, int width, long value);
}
