package dev.vflux.emulated;

/** A part of a {@link RegisterFile} that answers for its own bytes. */
abstract class Area {

  private final String name;
  private final long offset;
  private final long length;

  Area(String name, long offset, long length) {
    this.name = name;
    this.offset = offset;
    this.length = length;
  }

  /**
   * Its name in errors and logs.
   *
   * @return the name given when it was declared
   */
  public final String name() {
    return name;
  }

  /**
   * Where it begins.
   *
   * @return byte offset into the register file
   */
  public final long offset() {
    return offset;
  }

  /**
   * How long it is.
   *
   * @return bytes
   */
  public final long length() {
    return length;
  }

  final long end() {
    return offset + length;
  }

  /** Reads 1 to 8 bytes that lie inside this area, little-endian and zero-extended. */
  abstract long load(long at, int bytes);

  /** Writes 1 to 8 bytes that lie inside this area. */
  abstract void store(long at, int bytes, long value);

  /** Goes back to the state after power-on. */
  abstract void reset();

  static long lowBytes(int bytes) {
    return bytes == Long.BYTES ? -1L : (1L << (8 * bytes)) - 1;
  }

  @Override
  public final String toString() {
    return name + " (0x" + Long.toHexString(offset) + ")";
  }
}
