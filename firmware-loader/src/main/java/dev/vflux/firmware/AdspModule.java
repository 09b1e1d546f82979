package dev.vflux.firmware;

import static dev.vflux.firmware.FirmwareErrorKind.BAD_MAGIC;

import java.util.List;
import java.util.UUID;

/**
 * A module entry of {@code $AM1}: {@code struct sof_man_module} of SOF {@code user/manifest.h}.
 *
 * @param name at most eight characters
 * @param uuid the module
 * @param type bit field: 3:0 load type (0 built in, 1 module, 2 LLEXT, 3 LLEXT auxiliary), 4
 *     auto-start, 5 low latency, 6 data processing, 11:8 initial configuration
 * @param hash SHA-256 of its code in the file, zero when it has none of its own
 * @param entryPoint DSP address
 * @param cfgOffset first configuration entry
 * @param cfgCount how many configuration entries
 * @param affinityMask the cores it may run on
 * @param instanceMaxCount how many instances
 * @param instanceBssSize pages of zeroed memory (or of stack) an instance
 * @param segments text, data, bss, in this order
 */
public record AdspModule(
    String name,
    UUID uuid,
    long type,
    StoredHash hash,
    long entryPoint,
    int cfgOffset,
    int cfgCount,
    long affinityMask,
    int instanceMaxCount,
    int instanceBssSize,
    List<ModuleSegment> segments) {

  static final String MAGIC = "$AME";
  static final int BYTES = 116;
  static final int HASH_AT = 0x20;
  static final int HASH_BYTES = 32;
  static final int SEGMENTS_AT = 0x50;

  /**
   * The bytes the module hash covers: one run from the text segment on, as long as those of text
   * and data that are loaded from the file.
   *
   * @return the run; it lies past the payload when the code is in a file of its own (cAVS 1.5)
   */
  public ByteRange hashedRange() {
    long length =
        segments.stream().filter(ModuleSegment::loaded).mapToLong(ModuleSegment::length).sum();
    return new ByteRange(segments.get(0).fileOffset(), length);
  }

  static AdspModule parse(Bytes entry, long offset) {
    if (!entry.ascii(0, 4).equals(MAGIC)) {
      throw entry.error(BAD_MAGIC, 0, "found " + Bytes.hex(entry.u32(0)) + ", not " + MAGIC);
    }
    return new AdspModule(
        entry.ascii(4, 8),
        Uuids.read(entry, 0xc),
        entry.u32(0x1c),
        StoredHash.read(entry, HASH_AT, HASH_BYTES, offset),
        entry.u32(0x40),
        entry.u16(0x44),
        entry.u16(0x46),
        entry.u32(0x48),
        entry.u16(0x4c),
        entry.u16(0x4e),
        List.of(
            ModuleSegment.read(entry, SEGMENTS_AT),
            ModuleSegment.read(entry, SEGMENTS_AT + ModuleSegment.BYTES),
            ModuleSegment.read(entry, SEGMENTS_AT + 2L * ModuleSegment.BYTES)));
  }
}
