package dev.vflux.adsp.emulated;

import java.nio.ByteBuffer;

/**
 * The configuration of a component as opaque data behind a {@code struct sof_abi_hdr} (Linux {@code
 * include/uapi/sound/sof/header.h}). Kept and given back; what it says is not carried out, so such
 * a component passes samples on unchanged. Used under the board's lock.
 */
final class DataControls implements ComponentControls {

  private static final int MAGIC_AT = PAYLOAD;
  private static final int SIZE_AT = PAYLOAD + 8;
  private static final int ABI_AT = PAYLOAD + 12;
  private static final int DATA_AT = PAYLOAD + 32;
  private static final int MAGIC = 0x0046_4f53;
  private static final int ABI_MAJOR = 3;
  private static final int ABI_MAJOR_SHIFT = 24;
  private static final int ABI_3_22_0 = 0x0301_6000;
  // as much as a chunk of the firmware's heap
  private static final int MOST_BYTES = 0x1_0000;

  private byte[] data = {};
  private byte[] coming = {};
  private int position;

  @Override
  public void setData(ByteBuffer control) throws RequestRefusedException {
    if (control.limit() < DATA_AT || control.getInt(MAGIC_AT) != MAGIC) {
      throw RequestRefusedException.invalid("data without its magic");
    }
    if (control.getInt(ABI_AT) >>> ABI_MAJOR_SHIFT != ABI_MAJOR) {
      throw RequestRefusedException.invalid("data of another ABI");
    }
    if (control.getInt(MESSAGE_INDEX) == 0) {
      begin(control.getInt(SIZE_AT));
    }
    take(control);
  }

  private void begin(int size) throws RequestRefusedException {
    if (coming.length > 0) {
      throw RequestRefusedException.busy("the data before is not complete");
    }
    if (size < 0 || size > MOST_BYTES) {
      throw RequestRefusedException.noMemory(Integer.toUnsignedString(size) + " bytes of data");
    }
    coming = new byte[size];
    position = 0;
  }

  private void take(ByteBuffer control) throws RequestRefusedException {
    int length = control.getInt(ELEMENTS);
    if (coming.length == 0) {
      if (control.getInt(SIZE_AT) == 0) {
        return;
      }
      throw RequestRefusedException.noMemory("a part of data whose first part is missing");
    }
    if (length < 0 || length > control.limit() - DATA_AT || length > coming.length - position) {
      coming = new byte[0];
      throw RequestRefusedException.invalid("a part of " + length + " bytes of data");
    }
    control.get(DATA_AT, coming, position, length);
    position += length;
    if (control.getInt(REMAINING) == 0) {
      data = coming;
      coming = new byte[0];
    }
  }

  @Override
  public void getData(ByteBuffer control) throws RequestRefusedException {
    int length = control.getInt(ELEMENTS);
    if (control.limit() < DATA_AT || length < 0 || length > control.limit() - DATA_AT) {
      throw RequestRefusedException.invalid("room for " + length + " bytes of data");
    }
    if (control.getInt(MESSAGE_INDEX) == 0) {
      position = 0;
    }
    int there = Math.min(length, data.length - position);
    if (there > 0) {
      control.put(DATA_AT, data, position, there);
      position += there;
    }
    control.putInt(ABI_AT, ABI_3_22_0);
    control.putInt(SIZE_AT, data.length);
  }
}
