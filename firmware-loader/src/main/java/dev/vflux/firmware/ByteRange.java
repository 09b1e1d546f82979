package dev.vflux.firmware;

/**
 * A run of bytes of the payload.
 *
 * @param offset the first byte, counted from the start of the payload
 * @param length how many bytes
 */
public record ByteRange(long offset, long length) {

  /**
   * Checks the numbers.
   *
   * @param offset the first byte
   * @param length how many bytes
   * @throws IllegalArgumentException when one of them is negative
   */
  public ByteRange {
    if (offset < 0 || length < 0) {
      throw new IllegalArgumentException("negative range: " + offset + " + " + length);
    }
  }

  /**
   * A range given by its ends.
   *
   * @param from the first byte
   * @param end the byte after the last one
   * @return the range {@code [from, end)}
   */
  public static ByteRange between(long from, long end) {
    return new ByteRange(from, end - from);
  }

  /**
   * The byte after the last one.
   *
   * @return offset plus length
   */
  public long end() {
    return offset + length;
  }

  /**
   * Whether a byte lies in this range.
   *
   * @param at a payload offset
   * @return true when {@code offset <= at < end}
   */
  public boolean contains(long at) {
    return at >= offset && at < end();
  }

  /** The half-open interval in hexadecimal, as the tables of the format write it. */
  @Override
  public String toString() {
    return "[0x" + Long.toHexString(offset) + ",0x" + Long.toHexString(end()) + ")";
  }
}
