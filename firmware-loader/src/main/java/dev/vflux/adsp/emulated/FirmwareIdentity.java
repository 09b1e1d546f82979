package dev.vflux.adsp.emulated;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * What the firmware in an image says of itself once it runs. SOF keeps its FW_READY message as data
 * in the image, older releases with extended structures behind it: they are used verbatim when they
 * are there. Else the message is made from the version of the ADSP manifest and the windows are
 * those of SOF 2.2. Layout: {@code struct sof_ipc_fw_ready} and {@code sof_ipc_ext_data_hdr} of
 * Linux {@code include/sound/sof/info.h}.
 */
final class FirmwareIdentity {

  static final int READY_BYTES = 108;
  static final int READY_COMMAND = 0x7000_0000;

  static final int EXT_HEADER_BYTES = 12;
  static final int MAILBOX_BYTES = 0x1000;

  private static final int VERSION_AT = 24;
  private static final int VERSION_BYTES = 60;
  private static final int DATE_AT = VERSION_AT + 12;
  private static final int TIME_AT = VERSION_AT + 24;
  private static final int TAG_AT = VERSION_AT + 34;
  private static final int ABI_AT = VERSION_AT + 40;
  private static final int FLAGS_AT = 84;
  private static final int D3_PERSISTENT = 0x10;
  private static final int ABI_3_22_1 = 0x0301_6001;
  private static final int ABI_MAJOR_SHIFT = 24;

  private final boolean ipc4;
  private final byte[] ready;
  private final byte[] extended;

  private FirmwareIdentity(boolean ipc4, byte[] ready, byte[] extended) {
    this.ipc4 = ipc4;
    this.ready = ready;
    this.extended = extended;
  }

  /** Looks through a validated image; takes time in proportion to its length. */
  static FirmwareIdentity of(byte[] image) {
    ImageHeader header = new ImageHeader(image);
    ByteBuffer words = ByteBuffer.wrap(image).order(ByteOrder.LITTLE_ENDIAN);
    byte[] ready = new byte[READY_BYTES];
    byte[] extended = new byte[0];
    int found = find(words);
    if (found >= 0) {
      words.get(found, ready);
      extended = new byte[extendedBytes(words, found + READY_BYTES)];
      words.get(found + READY_BYTES, extended);
    } else {
      make(header, ByteBuffer.wrap(ready).order(ByteOrder.LITTLE_ENDIAN));
    }
    return new FirmwareIdentity(header.hasModuleConfigs(), ready, extended);
  }

  private static int find(ByteBuffer image) {
    for (int at = ImageHeader.END; at <= image.limit() - READY_BYTES; at += Integer.BYTES) {
      if (image.getInt(at) == READY_BYTES
          && image.getInt(at + 4) == READY_COMMAND
          && image.getInt(at + VERSION_AT) == VERSION_BYTES) {
        return at;
      }
    }
    return -1;
  }

  // Structures follow one another as long as they carry the command and fit the mailbox.
  private static int extendedBytes(ByteBuffer image, int first) {
    int end = Math.min(image.limit(), first + MAILBOX_BYTES - READY_BYTES);
    int at = first;
    while (at <= end - EXT_HEADER_BYTES && image.getInt(at + 4) == READY_COMMAND) {
      int size = image.getInt(at);
      if (size < EXT_HEADER_BYTES || size > end - at) {
        break;
      }
      at += size;
    }
    return at - first;
  }

  private static void make(ImageHeader header, ByteBuffer ready) {
    ready.putInt(0, READY_BYTES);
    ready.putInt(4, READY_COMMAND);
    ready.putInt(VERSION_AT, VERSION_BYTES);
    for (int part = 0; part < 4; part++) {
      ready.putShort(VERSION_AT + 4 + Short.BYTES * part, header.version(part));
    }
    ready.put(DATE_AT, ascii("emulated"));
    ready.put(TIME_AT, ascii("emulated"));
    ready.put(TAG_AT, ascii("emul"));
    ready.putInt(ABI_AT, ABI_3_22_1);
    ready.putInt(FLAGS_AT, D3_PERSISTENT);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  boolean ipc4() {
    return ipc4;
  }

  /** Whether the image may be kept for a boot without loading: IPC4 always, IPC3 by its flag. */
  boolean persistent() {
    int flags = ByteBuffer.wrap(ready).order(ByteOrder.LITTLE_ENDIAN).getInt(FLAGS_AT);
    return ipc4 || (flags & D3_PERSISTENT) != 0;
  }

  /** The FW_READY message. */
  ByteBuffer ready() {
    return ByteBuffer.wrap(ready.clone()).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** The extended structures behind the message in the image; empty when it has none. */
  ByteBuffer extended() {
    return ByteBuffer.wrap(extended.clone()).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** The FW_READY message with another ABI major. */
  ByteBuffer readyWithAbiMajor(int major) {
    ByteBuffer other = ready();
    int rest = other.getInt(ABI_AT) & ((1 << ABI_MAJOR_SHIFT) - 1);
    return other.putInt(ABI_AT, major << ABI_MAJOR_SHIFT | rest);
  }
}
