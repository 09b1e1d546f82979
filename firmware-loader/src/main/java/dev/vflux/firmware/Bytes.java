package dev.vflux.firmware;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A window of the file through which every structure is read: little-endian, unsigned, bounded, and
 * naming its place when a read would leave it. The array index is the file offset.
 */
final class Bytes {

  private final byte[] file;
  private final ByteBuffer littleEndian;
  private final int start;
  private final int length;
  private final String where;

  Bytes(byte[] file) {
    this(file, 0, file.length, "file");
  }

  private Bytes(byte[] file, int start, int length, String where) {
    this.file = file;
    this.littleEndian = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    this.start = start;
    this.length = length;
    this.where = where;
  }

  long length() {
    return length;
  }

  /** The file offset of byte {@code at} of this window. */
  long fileOffset(long at) {
    return start + at;
  }

  boolean holds(long at, long count) {
    return at >= 0 && count >= 0 && at <= length && count <= length - at;
  }

  int u8(long at) {
    return file[index(at, 1)] & 0xff;
  }

  int u16(long at) {
    return littleEndian.getShort(index(at, 2)) & 0xffff;
  }

  long u32(long at) {
    return littleEndian.getInt(index(at, 4)) & 0xffff_ffffL;
  }

  /** Text up to the first NUL; what is not printable ASCII becomes a question mark. */
  String ascii(long at, int count) {
    byte[] raw = copy(at, count);
    int end = 0;
    while (end < raw.length && raw[end] != 0) {
      if (raw[end] < 0x20 || raw[end] > 0x7e) {
        raw[end] = '?';
      }
      end++;
    }
    return new String(raw, 0, end, StandardCharsets.US_ASCII);
  }

  byte[] copy(long at, long count) {
    int from = index(at, count);
    return Arrays.copyOfRange(file, from, from + (int) count);
  }

  /** The window {@code [at, at + count)} under a name of its own. */
  Bytes slice(long at, long count, String name) {
    if (!holds(at, count)) {
      throw new FirmwareFormatException(
          FirmwareErrorKind.TRUNCATED,
          name,
          fileOffset(Math.min(Math.max(at, 0), length)),
          count + " bytes are needed at " + hex(at) + " and " + where + " has " + length);
    }
    return new Bytes(file, start + (int) at, (int) count, name);
  }

  Bytes named(String name) {
    return new Bytes(file, start, length, name);
  }

  /** Read-only view for callers outside this package. */
  ByteBuffer view() {
    return ByteBuffer.wrap(file, start, length).slice().asReadOnlyBuffer();
  }

  /** View of a range for digests; the caller must have checked the range. */
  ByteBuffer view(ByteRange range) {
    int from = index(range.offset(), range.length());
    return ByteBuffer.wrap(file, from, (int) range.length());
  }

  FirmwareFormatException error(FirmwareErrorKind kind, long at, String problem) {
    return new FirmwareFormatException(kind, where, fileOffset(at), problem);
  }

  static String hex(long value) {
    return "0x" + Long.toHexString(value);
  }

  private int index(long at, long count) {
    if (!holds(at, count)) {
      throw error(
          FirmwareErrorKind.TRUNCATED,
          Math.min(Math.max(at, 0), length),
          count + " bytes are needed at " + hex(at) + " and only " + length + " are there");
    }
    return start + (int) at;
  }
}
