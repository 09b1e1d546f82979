package dev.vflux.samples;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;

/**
 * A PCI configuration space in words (PCI Local Bus Specification 3.0, chapter 6). What the device
 * wrote is never trusted: capability pointers are bounded, and a loop ends the walk.
 *
 * @param vendor vendor ID, 0x00
 * @param device device ID, 0x02
 * @param command command register, 0x04
 * @param status status register, 0x06
 * @param revision revision ID, 0x08
 * @param classCode class code, 0x09: base class, sub-class, programming interface
 * @param headerType header type, 0x0e
 * @param bars base address registers in use
 * @param subsystem subsystem vendor and device ID, 0x2c
 * @param interruptPin interrupt pin, 0x3d: 0 none, 1 INTA
 * @param capabilities the capability list, in its own order
 * @param remark what is wrong with the space; empty when nothing is
 */
record ConfigSpace(
    int vendor,
    int device,
    int command,
    int status,
    int revision,
    int classCode,
    int headerType,
    List<Bar> bars,
    int subsystem,
    int interruptPin,
    List<Capability> capabilities,
    String remark) {

  /** The size of the space every function has; PCIe functions have 4096 bytes. */
  static final int SIZE = 256;

  private static final int STATUS_CAPABILITIES = 1 << 4;
  private static final int FIRST_CAPABILITY = 0x40;
  private static final int BAR_COUNT = 6;

  private static final List<String> COMMAND_BITS =
      List.of(
          "IO",
          "MEMORY",
          "MASTER",
          "SPECIAL",
          "INVALIDATE",
          "VGA_PALETTE",
          "PARITY",
          "",
          "SERR",
          "FAST_BACK",
          "INTX_DISABLE");

  private static final Map<Integer, String> CAPABILITY_NAMES =
      Map.ofEntries(
          Map.entry(0x01, "PM power management"),
          Map.entry(0x03, "VPD vital product data"),
          Map.entry(0x05, "MSI message signalled interrupts"),
          Map.entry(0x09, "VNDR vendor specific"),
          Map.entry(0x0a, "DBG debug port"),
          Map.entry(0x0d, "SSVID bridge subsystem"),
          Map.entry(0x10, "EXP PCI Express"),
          Map.entry(0x11, "MSIX extended message signalled interrupts"),
          Map.entry(0x12, "SATA configuration"),
          Map.entry(0x13, "AF advanced features"),
          Map.entry(0x14, "EA enhanced allocation"));

  /**
   * A base address register.
   *
   * @param index 0 to 5
   * @param address the base, its flag bits cleared
   * @param type io, memory, 64-bit memory; with "prefetchable"
   */
  record Bar(int index, long address, String type) {}

  /**
   * A capability.
   *
   * @param offset where it starts
   * @param id its ID
   * @param name its name, or "unknown"
   * @param detail what its registers say; may be empty
   */
  record Capability(int offset, int id, String name, String detail) {}

  static ConfigSpace decode(byte[] bytes) {
    if (bytes.length < SIZE) {
      throw new IllegalArgumentException("a configuration space of " + bytes.length + " bytes");
    }
    ByteBuffer space = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    List<Capability> capabilities = new ArrayList<>();
    String remark = remark(space);
    if (remark.isEmpty()) {
      remark = walk(space, capabilities);
    }
    return new ConfigSpace(
        u16(space, 0x00),
        u16(space, 0x02),
        u16(space, 0x04),
        u16(space, 0x06),
        u8(space, 0x08),
        space.getInt(0x08) >>> 8,
        u8(space, 0x0e),
        bars(space),
        space.getInt(0x2c),
        u8(space, 0x3d),
        List.copyOf(capabilities),
        remark);
  }

  /** The bits of the command register by name, as in the specification. */
  String commandNames() {
    return names(command, COMMAND_BITS);
  }

  private static String remark(ByteBuffer space) {
    return u16(space, 0) == 0xffff ? "all-ones: the device is gone, in D3cold or unplugged" : "";
  }

  private static List<Bar> bars(ByteBuffer space) {
    List<Bar> bars = new ArrayList<>();
    boolean bridge = (u8(space, 0x0e) & 0x7f) != 0;
    for (int index = 0; index < (bridge ? 2 : BAR_COUNT); index++) {
      int low = space.getInt(0x10 + 4 * index);
      boolean wide = (low & 0x7) == 0x4 && index < BAR_COUNT - 1;
      String prefetchable = (low & 0x9) == 0x8 ? ", prefetchable" : "";
      if (low == 0) {
        continue;
      }
      if ((low & 1) != 0) {
        bars.add(new Bar(index, low & 0xfffffffcL, "io"));
      } else if (wide) {
        long high = space.getInt(0x14 + 4 * index) & 0xffffffffL;
        bars.add(
            new Bar(index++, (high << 32) | (low & 0xfffffff0L), "64-bit memory" + prefetchable));
      } else {
        bars.add(new Bar(index, low & 0xfffffff0L, "memory" + prefetchable));
      }
    }
    return bars;
  }

  private static String walk(ByteBuffer space, List<Capability> found) {
    if ((u16(space, 0x06) & STATUS_CAPABILITIES) == 0) {
      return "";
    }
    BitSet seen = new BitSet();
    int at = u8(space, 0x34) & ~3;
    while (at != 0) {
      if (at < FIRST_CAPABILITY || seen.get(at)) {
        return "the capability list is broken at " + Numbers.hex(at);
      }
      seen.set(at);
      int id = u8(space, at);
      found.add(
          new Capability(at, id, CAPABILITY_NAMES.getOrDefault(id, "unknown"), detail(space, at)));
      at = u8(space, at + 1) & ~3;
    }
    return "";
  }

  private static String detail(ByteBuffer space, int at) {
    int control = u16(space, at + 2);
    boolean room = at + 6 <= SIZE;
    return switch (u8(space, at)) {
      case 0x01 -> room ? "in D" + (u16(space, at + 4) & 3) : "";
      case 0x05 ->
          (1 << ((control >> 1) & 7))
              + " vectors, "
              + ((control & 0x80) != 0 ? "64-bit, " : "32-bit, ")
              + ((control & 1) != 0 ? "enabled" : "disabled");
      case 0x09 -> "length " + (control & 0xff);
      case 0x11 ->
          ((control & 0x7ff) + 1) + " vectors, " + (control < 0x8000 ? "disabled" : "enabled");
      default -> "";
    };
  }

  private static String names(int bits, List<String> names) {
    List<String> set = new ArrayList<>();
    for (int bit = 0; bit < names.size(); bit++) {
      if ((bits & (1 << bit)) != 0 && !names.get(bit).isEmpty()) {
        set.add(names.get(bit));
      }
    }
    return String.join(" ", set);
  }

  private static int u8(ByteBuffer space, int offset) {
    return space.get(offset) & 0xff;
  }

  private static int u16(ByteBuffer space, int offset) {
    return space.getShort(offset) & 0xffff;
  }
}
