package dev.vflux.firmware;

/**
 * A hash as the image holds it.
 *
 * @param range where in the payload
 * @param hex the bytes in file order, lower case
 */
public record StoredHash(ByteRange range, String hex) {

  /**
   * Whether all bytes are zero, which some fields use for "none".
   *
   * @return true when every byte is zero
   */
  public boolean isZero() {
    return hex.chars().allMatch(digit -> digit == '0');
  }

  /** {@code offset} is the payload offset of byte 0 of {@code from}. */
  static StoredHash read(Bytes from, long at, int length, long offset) {
    return new StoredHash(new ByteRange(offset + at, length), Hex.of(from.copy(at, length)));
  }
}
