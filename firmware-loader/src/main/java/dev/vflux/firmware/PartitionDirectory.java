package dev.vflux.firmware;

import static dev.vflux.firmware.FirmwareErrorKind.BAD_SIZE;
import static dev.vflux.firmware.FirmwareErrorKind.BAD_VERSION;
import static dev.vflux.firmware.FirmwareErrorKind.MISSING;
import static dev.vflux.firmware.FirmwareErrorKind.OUT_OF_BOUNDS;
import static dev.vflux.firmware.FirmwareErrorKind.OVERLAP;
import static dev.vflux.firmware.FirmwareErrorKind.TRUNCATED;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;

/**
 * The {@code $CPD} directory at the start of a signed payload (rimage {@code cse.h}).
 *
 * @param headerVersion 1 (checksum of eight bits) or 2 (CRC-32)
 * @param headerLength bytes: 16 or 20
 * @param checksum the stored checksum, eight or 32 bits
 * @param name the partition name, {@code ADSP}
 * @param entries the entries in file order. What an ACE directory says is 12 bytes off: see {@link
 *     FirmwareImage#firmwareRange()} for where things are
 */
public record PartitionDirectory(
    int headerVersion, int headerLength, long checksum, String name, List<Entry> entries) {

  static final int ENTRY_BYTES = 24;
  static final int NAME_BYTES = 12;
  static final int VERSION_1_BYTES = 16;
  static final int VERSION_2_BYTES = 20;
  static final int SUM8_AT = 0xb;
  static final int CRC32_AT = 0x10;
  static final int ENTRY_VERSION = 1;
  // every known directory has three entries
  static final int MAX_ENTRIES = 16;
  static final String MANIFEST_SUFFIX = ".man";
  static final String METADATA_SUFFIX = ".met";

  /**
   * One entry.
   *
   * @param name for instance {@code ADSP.man}
   * @param offset bytes from the start of the payload, as stored
   * @param length bytes, as stored
   */
  public record Entry(String name, long offset, long length) {

    long end() {
      return offset + length;
    }

    /** Name, offset and length, the numbers in hexadecimal. */
    @Override
    public String toString() {
      return name + "@" + Bytes.hex(offset) + "+" + Bytes.hex(length);
    }
  }

  /**
   * The bytes the checksum covers.
   *
   * @return header and entries
   */
  public ByteRange range() {
    return new ByteRange(0, headerLength + (long) ENTRY_BYTES * entries.size());
  }

  Entry manifest(Bytes payload) {
    return find(payload, entry -> entry.name().endsWith(MANIFEST_SUFFIX), "*" + MANIFEST_SUFFIX);
  }

  Entry metadata(Bytes payload) {
    return find(payload, entry -> entry.name().endsWith(METADATA_SUFFIX), "*" + METADATA_SUFFIX);
  }

  Entry firmware(Bytes payload) {
    return find(
        payload,
        entry -> !entry.name().endsWith(MANIFEST_SUFFIX) && !entry.name().endsWith(METADATA_SUFFIX),
        "the firmware");
  }

  private Entry find(Bytes payload, Predicate<Entry> wanted, String what) {
    return entries.stream()
        .filter(wanted)
        .findFirst()
        .orElseThrow(() -> error(payload, MISSING, "no entry is called " + what));
  }

  /** Checks that an entry ends inside the payload, or at most {@code slack} bytes past it. */
  void checkInside(Entry entry, Bytes payload, long slack) {
    if (entry.end() - slack > payload.length()) {
      throw error(
          payload,
          entry.end() > 0xffff_ffffL ? OUT_OF_BOUNDS : TRUNCATED,
          entry + " ends past the payload, which is " + Bytes.hex(payload.length()) + " long");
    }
  }

  /** Checks that no two entries, nor an entry and the directory, share a byte. */
  void checkDisjoint(Bytes payload) {
    List<Entry> sorted = new ArrayList<>(entries);
    sorted.sort(Comparator.comparingLong(Entry::offset));
    long end = range().end();
    for (Entry entry : sorted) {
      if (entry.offset() < end) {
        throw error(payload, OVERLAP, entry + " starts before " + Bytes.hex(end));
      }
      end = entry.end();
    }
  }

  FirmwareFormatException error(Bytes payload, FirmwareErrorKind kind, String problem) {
    return payload.named("cpd.entry").error(kind, headerLength, problem);
  }

  static PartitionDirectory parse(Bytes payload) {
    Bytes header = payload.slice(0, VERSION_1_BYTES, "cpd.header");
    int version = header.u8(8);
    if (version != 1 && version != 2) {
      throw header.error(BAD_VERSION, 8, "directory header version " + version);
    }
    if (header.u8(9) != ENTRY_VERSION) {
      throw header.error(BAD_VERSION, 9, "directory entry version " + header.u8(9));
    }
    int length = header.u8(0xa);
    if (length != (version == 1 ? VERSION_1_BYTES : VERSION_2_BYTES)) {
      throw header.error(BAD_SIZE, 0xa, "header length " + length + " in version " + version);
    }
    long count = header.u32(4);
    if (count > MAX_ENTRIES) {
      throw header.error(BAD_SIZE, 4, count + " entries, at most " + MAX_ENTRIES);
    }
    long checksum =
        version == 1 ? header.u8(SUM8_AT) : payload.slice(0, length, "cpd.header").u32(CRC32_AT);
    return new PartitionDirectory(
        version, length, checksum, header.ascii(0xc, 4), entries(payload, length, (int) count));
  }

  private static List<Entry> entries(Bytes payload, int headerLength, int count) {
    Bytes table = payload.slice(headerLength, (long) ENTRY_BYTES * count, "cpd.entry");
    List<Entry> entries = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      long at = (long) ENTRY_BYTES * i;
      entries.add(new Entry(table.ascii(at, NAME_BYTES), table.u32(at + 12), table.u32(at + 16)));
    }
    return List.copyOf(entries);
  }
}
