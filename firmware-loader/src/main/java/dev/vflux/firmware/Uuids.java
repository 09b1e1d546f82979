package dev.vflux.firmware;

import java.util.UUID;

/** Module UUIDs as the firmware stores them: u32, u16, u16 little-endian, then eight bytes. */
final class Uuids {

  private Uuids() {}

  static UUID read(Bytes from, long at) {
    long high = from.u32(at) << 32 | (long) from.u16(at + 4) << 16 | from.u16(at + 6);
    long low = 0;
    for (int i = 8; i < 16; i++) {
      low = low << 8 | from.u8(at + i);
    }
    return new UUID(high, low);
  }

  static void write(ImageBytes to, int at, UUID uuid) {
    long high = uuid.getMostSignificantBits();
    to.u32(at, high >>> 32);
    to.u16(at + 4, (int) (high >>> 16));
    to.u16(at + 6, (int) high);
    for (int i = 0; i < 8; i++) {
      to.u8(at + 8 + i, (int) (uuid.getLeastSignificantBits() >>> (56 - 8 * i)));
    }
  }
}
