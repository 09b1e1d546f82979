package dev.vflux.adsp.emulated;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * What the ROM itself reads of an image while it arrives: the ADSP manifest header and its module
 * table. It believes the place, not the magic; authentication is the security engine's. Layout: SOF
 * {@code src/include/user/manifest.h}.
 */
final class ImageHeader {

  /** Where the header starts in every image of these generations. */
  static final int AT = 0x2000;

  /** What must have arrived before the header can be read. */
  static final int END = AT + 52;

  static final int PAGE = 0x1000;
  static final int MODULE_BYTES = 116;

  private static final int HEADER_LENGTH = AT + 0x04;
  private static final int PRELOAD_PAGE_COUNT = AT + 0x10;
  private static final int FEATURE_MASK = AT + 0x18;
  private static final int VERSION = AT + 0x1c;
  private static final int NUM_MODULE_ENTRIES = AT + 0x24;
  private static final int LOAD_OFFSET = AT + 0x30;
  private static final int MODULE_NAME = 0x04;
  private static final int MODULE_ENTRY_POINT = 0x40;
  private static final int MODULE_CFG_COUNT = 0x46;
  private static final int NAME_BYTES = 8;
  private static final String BASE_FIRMWARE = "BASEFW";

  private final ByteBuffer image;

  /** Reads from the first bytes of an image, at least {@link #END} of them. */
  ImageHeader(byte[] image) {
    this.image = ByteBuffer.wrap(image).order(ByteOrder.LITTLE_ENDIAN);
  }

  private long u32(long at) {
    return image.getInt((int) at) & 0xffff_ffffL;
  }

  long featureMask() {
    return u32(FEATURE_MASK);
  }

  long loadOffset() {
    return u32(LOAD_OFFSET);
  }

  /** How long the image says it is. */
  long imageBytes() {
    return u32(PRELOAD_PAGE_COUNT) * PAGE;
  }

  long modules() {
    return u32(NUM_MODULE_ENTRIES);
  }

  private long tableStart() {
    return AT + u32(HEADER_LENGTH);
  }

  /** Where the module table ends; no 32-bit arithmetic that could wrap. */
  long tableEnd() {
    return tableStart() + modules() * MODULE_BYTES;
  }

  /** Where the entry of the base firmware is, or -1; the table must have arrived. */
  long baseFirmware() {
    for (long at = tableStart(); at < tableEnd(); at += MODULE_BYTES) {
      byte[] name = new byte[NAME_BYTES];
      image.get((int) at + MODULE_NAME, name);
      if (new String(name, StandardCharsets.US_ASCII).trim().equals(BASE_FIRMWARE)) {
        return at;
      }
    }
    return -1;
  }

  /** The entry point of a module. */
  long entryPoint(long module) {
    return u32(module + MODULE_ENTRY_POINT);
  }

  /** Whether a module has configurations: only firmware that speaks IPC4 does. */
  boolean hasModuleConfigs() {
    for (long at = tableStart(); at < tableEnd(); at += MODULE_BYTES) {
      if (image.getShort((int) at + MODULE_CFG_COUNT) != 0) {
        return true;
      }
    }
    return false;
  }

  /** Part 0 to 3 of the version: major, minor, hotfix, build. */
  short version(int part) {
    return image.getShort(VERSION + Short.BYTES * part);
  }
}
