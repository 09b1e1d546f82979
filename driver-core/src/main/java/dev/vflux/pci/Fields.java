package dev.vflux.pci;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The registers of one capability while it is decoded: offsets count from the capability's start.
 * Reads beyond the space give zero and are remembered.
 */
final class Fields {

  private final ConfigSpace space;
  private final int start;
  private final List<String> details = new ArrayList<>();
  private String summary = "";
  private boolean cutShort;

  Fields(ConfigSpace space, int start) {
    this.space = space;
    this.start = start;
  }

  int u8(int offset) {
    cutShort |= !space.holds(start + offset, Byte.BYTES);
    return space.u8(start + offset);
  }

  int u16(int offset) {
    cutShort |= !space.holds(start + offset, Short.BYTES);
    return space.u16(start + offset);
  }

  int u32(int offset) {
    cutShort |= !space.holds(start + offset, Integer.BYTES);
    return space.u32(start + offset);
  }

  static int bits(int word, int high, int low) {
    return word >>> low & (int) ((1L << (high - low + 1)) - 1);
  }

  static boolean bit(int word, int bit) {
    return (word >>> bit & 1) != 0;
  }

  /** A line: the register's name, then what it says. */
  Fields line(String register, String format, Object... values) {
    details.add(register + ": " + String.format(Locale.ROOT, format, values));
    return this;
  }

  Fields line(String register, Bits bits, int word) {
    details.add(register + ": " + bits.show(word));
    return this;
  }

  Fields summary(String format, Object... values) {
    summary = String.format(Locale.ROOT, format, values);
    return this;
  }

  String summary() {
    return summary;
  }

  List<String> details() {
    return details;
  }

  boolean cutShort() {
    return cutShort;
  }

  static String onOff(boolean on) {
    return on ? "enabled" : "disabled";
  }

  static String sign(boolean set) {
    return set ? "+" : "-";
  }
}
