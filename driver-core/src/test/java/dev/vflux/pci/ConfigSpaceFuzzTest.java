package dev.vflux.pci;

import dev.vflux.testing.FuzzContract;
import dev.vflux.vfio.Device;
import dev.vflux.vfio.Devices;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** A configuration space of any bytes, and all that can be asked of it. */
class ConfigSpaceFuzzTest extends FuzzContract {

  // version 1, each with the next one 0x40 further on
  private static final int[] EXTENDED = {
    0x01, 0x02, 0x03, 0x04, 0x05, 0x0b, 0x0d, 0x0e, 0x0f, 0x10, 0x13, 0x15, 0x17, 0x18, 0x19, 0x1b,
    0x1d, 0x1e, 0x1f, 0x23, 0x25, 0x26, 0x27, 0x2a, 0x2e
  };
  private static final int[] STANDARD = {
    0x01, 0x03, 0x04, 0x05, 0x09, 0x0a, 0x0d, 0x10, 0x11, 0x12, 0x13, 0x14
  };

  @Override
  protected List<byte[]> seeds() {
    List<byte[]> seeds = new ArrayList<>();
    try (Device edu = Devices.open("emulated:edu")) {
      seeds.add(ConfigSpace.read(edu).bytes());
    }
    seeds.add(withEverything(0));
    seeds.add(withEverything(1));
    seeds.add(withEverything(2));
    return seeds;
  }

  /** Every capability that has a decoder. */
  private static byte[] withEverything(int headerType) {
    ByteBuffer space =
        ByteBuffer.allocate(ConfigSpace.EXTENDED_SIZE).order(ByteOrder.LITTLE_ENDIAN);
    space.putInt(0, 0x02c88086).putInt(4, 0x00100006).put(0x0e, (byte) headerType);
    space.put(headerType == 2 ? 0x14 : 0x34, (byte) 0x40);
    for (int i = 0; i < STANDARD.length; i++) {
      int at = 0x40 + 0x10 * i;
      int next = i == STANDARD.length - 1 ? 0 : at + 0x10;
      space.putInt(at, 0x00510000 | next << 8 | STANDARD[i]).putInt(at + 4, 0x12345678);
    }
    for (int i = 0; i < EXTENDED.length; i++) {
      int at = 0x100 + 0x40 * i;
      int next = i == EXTENDED.length - 1 ? 0 : at + 0x40;
      space.putInt(at, next << 20 | 0x10000 | EXTENDED[i]).putInt(at + 4, 0x87654321);
    }
    return space.array();
  }

  @Override
  protected void read(byte[] input) {
    ConfigSpace space = ConfigSpace.of(input);
    must(space.bars().size() <= 6, "six base address registers at most");
    for (Capability one : space.capabilities()) {
      must(one.offset() >= 0x40 && one.offset() < space.size(), "it lies in the space");
      must(!one.mnemonic().isEmpty(), "it has a name");
    }
    for (Capability one : space.extendedCapabilities()) {
      must(one.offset() >= 0x100 && one.offset() <= space.size() - 4, "it lies in the space");
      must(space.extendedCapability(one.id()).isPresent(), "it is found");
    }
    must(space.commandNames().size() <= 16, "a name for each bit");
    must(space.statusNames().size() <= 16, "a name for each bit");
    must(is16Bits(space.subsystemVendor().orElse(0)), "16 bits");
    must(is16Bits(space.subsystemDevice().orElse(0)), "16 bits");
    must(space.classCode() >>> 24 == 0, "24 bits");
    must(space.busNumbers().isPresent() == (space.headerType() == 1), "bridges have buses");
    must(!space.remarks().contains(""), "a remark says something");
  }

  private static boolean is16Bits(int value) {
    return value >>> 16 == 0;
  }
}
