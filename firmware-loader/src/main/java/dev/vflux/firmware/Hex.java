package dev.vflux.firmware;

import java.math.BigInteger;
import java.util.HexFormat;

/** Byte orders and digits of hashes and keys. */
final class Hex {

  private Hex() {}

  static String of(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }

  static String word(long value) {
    return HexFormat.of().toHexDigits((int) value);
  }

  static byte[] reverse(byte[] bytes) {
    byte[] reversed = new byte[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      reversed[i] = bytes[bytes.length - 1 - i];
    }
    return reversed;
  }

  static BigInteger littleEndian(byte[] bytes) {
    return new BigInteger(1, reverse(bytes));
  }

  /** The low {@code length} bytes of a non-negative integer, most significant first. */
  static byte[] bigEndian(BigInteger value, int length) {
    byte[] raw = value.toByteArray();
    byte[] fixed = new byte[length];
    int count = Math.min(raw.length, length);
    System.arraycopy(raw, raw.length - count, fixed, length - count, count);
    return fixed;
  }
}
