package dev.vflux.samples;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** Bytes as hexdump(1) prints them. */
final class Hexdump {

  private static final int LINE = 16;

  private Hexdump() {}

  /** As {@code hexdump}: little-endian 16-bit words, so that PCI ids read as they are spoken. */
  static List<String> words(byte[] bytes) {
    return dump(bytes, "%07x", Hexdump::wordLine);
  }

  /** As {@code hexdump -C}: bytes and their ASCII. */
  static List<String> canonical(byte[] bytes) {
    return dump(bytes, "%08x", Hexdump::canonicalLine);
  }

  private interface LineFormat {
    String format(byte[] bytes, int from, int to);
  }

  private static List<String> dump(byte[] bytes, String offset, LineFormat format) {
    List<String> lines = new ArrayList<>();
    boolean squeezed = false;
    for (int at = 0; at < bytes.length; at += LINE) {
      int end = Math.min(at + LINE, bytes.length);
      boolean same =
          at >= LINE && end - at == LINE && Arrays.equals(bytes, at - LINE, at, bytes, at, end);
      if (!same) {
        lines.add(String.format(Locale.ROOT, offset, at) + format.format(bytes, at, end));
      } else if (!squeezed) {
        lines.add("*");
      }
      squeezed = same;
    }
    if (bytes.length > 0) {
      lines.add(String.format(Locale.ROOT, offset, bytes.length));
    }
    return lines;
  }

  private static String wordLine(byte[] bytes, int from, int to) {
    StringBuilder line = new StringBuilder();
    for (int at = from; at < from + LINE; at += 2) {
      if (at < to) {
        int high = at + 1 < to ? bytes[at + 1] & 0xff : 0;
        line.append(String.format(Locale.ROOT, " %04x", (high << 8) | (bytes[at] & 0xff)));
      } else {
        line.append("     ");
      }
    }
    return line.toString();
  }

  private static String canonicalLine(byte[] bytes, int from, int to) {
    StringBuilder line = new StringBuilder();
    StringBuilder ascii = new StringBuilder();
    for (int at = from; at < from + LINE; at++) {
      line.append((at - from) % 8 == 0 ? "  " : " ");
      line.append(at < to ? String.format(Locale.ROOT, "%02x", bytes[at]) : "  ");
      if (at < to) {
        ascii.append(bytes[at] >= ' ' && bytes[at] <= '~' ? (char) bytes[at] : '.');
      }
    }
    return line.append("  |").append(ascii).append('|').toString();
  }
}
