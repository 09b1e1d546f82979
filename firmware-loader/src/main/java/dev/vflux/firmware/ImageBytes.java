package dev.vflux.firmware;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The little-endian bytes of an image being built: the writing twin of {@link Bytes}. */
final class ImageBytes {

  private final byte[] array;
  private final ByteBuffer littleEndian;

  ImageBytes(int length) {
    array = new byte[length];
    littleEndian = ByteBuffer.wrap(array).order(ByteOrder.LITTLE_ENDIAN);
  }

  int length() {
    return array.length;
  }

  byte[] array() {
    return array;
  }

  void u8(int at, int value) {
    array[at] = (byte) value;
  }

  void u16(int at, int value) {
    littleEndian.putShort(at, (short) value);
  }

  void u32(int at, long value) {
    littleEndian.putInt(at, (int) value);
  }

  void ascii(int at, int room, String text) {
    byte[] raw = text.getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(raw, 0, array, at, Math.min(room, raw.length));
  }

  void bytes(int at, byte[] raw) {
    System.arraycopy(raw, 0, array, at, raw.length);
  }

  void fill(int from, int end, int value) {
    Arrays.fill(array, from, end, (byte) value);
  }

  ByteBuffer view(ByteRange range) {
    return ByteBuffer.wrap(array, (int) range.offset(), (int) range.length());
  }
}
