package dev.vflux.firmware;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Small unsigned images, written field by field. */
final class ReefImages {

  private ReefImages() {}

  /** One module with two blocks of 8 and 4 bytes. */
  static byte[] small() {
    int module = 12 + 8 + 12 + 4;
    ByteBuffer file = ByteBuffer.allocate(16 + 12 + module).order(ByteOrder.LITTLE_ENDIAN);
    file.put("Reef".getBytes(StandardCharsets.US_ASCII)).putInt(12 + module).putInt(1);
    file.putInt(0x0300_1000);
    file.putInt(0).putInt(module).putInt(2);
    file.putInt(1).putInt(8).putInt(0xc0000).putLong(0x1122334455667788L);
    file.putInt(2).putInt(4).putInt(0x100010).putInt(0x99aabbcc);
    return file.array();
  }
}
