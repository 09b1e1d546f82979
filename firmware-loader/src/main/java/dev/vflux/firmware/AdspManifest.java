package dev.vflux.firmware;

import static dev.vflux.firmware.FirmwareErrorKind.BAD_MAGIC;
import static dev.vflux.firmware.FirmwareErrorKind.BAD_SIZE;
import static dev.vflux.firmware.FirmwareErrorKind.OUT_OF_BOUNDS;

import java.util.ArrayList;
import java.util.List;

/**
 * The firmware manifest {@code $AM1} and its modules: {@code struct sof_man_fw_header} of SOF
 * {@code user/manifest.h}.
 *
 * @param offset where it starts in the payload: 0x2000, on cAVS 1.5 0x284
 * @param headerLength bytes before the module table, at least 52
 * @param name {@code ADSPFW}
 * @param preloadPageCount pages of 4096 bytes of the payload
 * @param imageFlags fw_image_flags
 * @param featureMask what the firmware needs of the platform; the ROM judges it
 * @param version the version of the firmware
 * @param hwBufBaseAddress hw_buf_base_addr (fw_compat in SOF)
 * @param hwBufLength hw_buf_length
 * @param loadOffset where in the memory of the DSP the ROM puts the image; the ROM judges it
 * @param modules the modules in file order
 */
public record AdspManifest(
    long offset,
    long headerLength,
    String name,
    long preloadPageCount,
    long imageFlags,
    long featureMask,
    FirmwareVersion version,
    long hwBufBaseAddress,
    long hwBufLength,
    long loadOffset,
    List<AdspModule> modules) {

  static final String MAGIC = "$AM1";
  static final int HEADER_BYTES = 52;
  static final int CONFIG_BYTES = 44;
  static final long CPD_AT = 0x2000;
  static final long CAVS_1_5_AT = 0x284;

  /** The byte after the module table. */
  long tableEnd() {
    return offset + headerLength + (long) AdspModule.BYTES * modules.size();
  }

  static AdspManifest parse(Bytes payload, long at, FirmwareFamily family) {
    Bytes header = payload.slice(at, HEADER_BYTES, "am1");
    if (!header.ascii(0, 4).equals(MAGIC)) {
      throw header.error(BAD_MAGIC, 0, "found " + Bytes.hex(header.u32(0)) + ", not " + MAGIC);
    }
    long headerLength = header.u32(4);
    if (headerLength < HEADER_BYTES) {
      throw header.error(BAD_SIZE, 4, "header of " + headerLength + " bytes");
    }
    long room = payload.length() - at - headerLength;
    long count = header.u32(0x24);
    if (room < 0 || count > room / AdspModule.BYTES) {
      throw header.error(OUT_OF_BOUNDS, 0x24, count + " modules do not fit the payload");
    }
    AdspManifest manifest =
        new AdspManifest(
            at,
            headerLength,
            header.ascii(8, 8),
            header.u32(0x10),
            header.u32(0x14),
            header.u32(0x18),
            FirmwareVersion.read(header, 0x1c),
            header.u32(0x28),
            header.u32(0x2c),
            header.u32(0x30),
            modules(payload, at + headerLength, (int) count));
    manifest.checkPages(header, payload);
    new ModuleBounds(manifest, payload, family).check();
    return manifest;
  }

  private static List<AdspModule> modules(Bytes payload, long first, int count) {
    List<AdspModule> modules = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      long at = first + (long) AdspModule.BYTES * i;
      modules.add(AdspModule.parse(payload.slice(at, AdspModule.BYTES, "module"), at));
    }
    return List.copyOf(modules);
  }

  private void checkPages(Bytes header, Bytes payload) {
    long bytes = preloadPageCount * ModuleSegment.PAGE_BYTES;
    String problem = preloadPageCount + " pages in a payload of " + payload.length() + " bytes";
    if (bytes > payload.length()) {
      throw header.error(BAD_SIZE, 0x10, problem);
    }
    if (bytes < payload.length()) {
      throw payload.named("file").error(BAD_SIZE, bytes, problem);
    }
  }
}
