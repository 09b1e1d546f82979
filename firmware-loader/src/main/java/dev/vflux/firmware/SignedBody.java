package dev.vflux.firmware;

import static dev.vflux.firmware.FirmwareErrorKind.BAD_MAGIC;
import static dev.vflux.firmware.FirmwareErrorKind.BAD_SIZE;
import static dev.vflux.firmware.FirmwareErrorKind.BAD_VERSION;
import static dev.vflux.firmware.FirmwareErrorKind.MISSING;
import static dev.vflux.firmware.FirmwareErrorKind.UNSUPPORTED;

import dev.vflux.firmware.PartitionDirectory.Entry;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A signed payload taken apart, every structure inside its bounds; nothing verified yet. */
record SignedBody(
    FirmwareFamily family,
    Bytes payload,
    Optional<PartitionDirectory> directory,
    CssManifest css,
    List<Extension> extensions,
    Optional<ByteRange> firmware,
    AdspManifest adsp) {

  // rimage writes the ACE directory as if the metadata started 12 bytes later than it does
  private static final long ACE_DIRECTORY_SHIFT = 12;
  private static final int MAX_EXTENSIONS = 16;
  private static final int EXTENSION_HEADER_BYTES = 8;

  static SignedBody parseCavs15(Bytes payload) {
    return new SignedBody(
        FirmwareFamily.CAVS_1_5,
        payload,
        Optional.empty(),
        CssManifest.parseCavs15(payload.named("css")),
        List.of(),
        Optional.empty(),
        AdspManifest.parse(payload, AdspManifest.CAVS_1_5_AT, FirmwareFamily.CAVS_1_5));
  }

  static SignedBody parseCpd(Bytes payload) {
    PartitionDirectory directory = PartitionDirectory.parse(payload);
    Entry manifest = directory.manifest(payload);
    directory.checkInside(manifest, payload, 0);
    Bytes cssBytes = payload.slice(manifest.offset(), manifest.length(), "css");
    CssManifest css = CssManifest.parse(cssBytes, manifest.offset());
    FirmwareFamily layout =
        directory.headerVersion() == 1 ? FirmwareFamily.CAVS_1_8 : FirmwareFamily.CAVS_2_5;
    if (css.keyBits() != layout.keyBits()) {
      throw cssBytes.error(
          BAD_VERSION, 8, css.keyBits() + " bit key under directory " + directory.headerVersion());
    }
    List<Extension> extensions = walk(payload, css, layout.hashBytes());
    FirmwareFamily family = familyOf(cssBytes, css, extensions, layout);
    ByteRange firmware = locate(payload, directory, extensions, family);
    return new SignedBody(
        family,
        payload,
        Optional.of(directory),
        css,
        List.copyOf(extensions),
        Optional.of(firmware),
        AdspManifest.parse(payload, AdspManifest.CPD_AT, family));
  }

  Optional<Extension.AdspMetadata> metadata() {
    return metadataOf(extensions);
  }

  private static Optional<Extension.AdspMetadata> metadataOf(List<Extension> extensions) {
    return extensions.stream()
        .filter(Extension.AdspMetadata.class::isInstance)
        .map(Extension.AdspMetadata.class::cast)
        .findFirst();
  }

  private static List<Extension> walk(Bytes payload, CssManifest css, int hashBytes) {
    List<Extension> extensions = new ArrayList<>();
    long at = css.offset() + css.headerLength();
    long end = css.range().end();
    Bytes area = payload.named("ext");
    while (at < end) {
      if (extensions.size() == MAX_EXTENSIONS) {
        throw area.error(BAD_SIZE, at, "more than " + MAX_EXTENSIONS + " extensions");
      }
      long left = end - at;
      long length = left < EXTENSION_HEADER_BYTES ? 0 : area.u32(at + 4);
      // in ACE images the metadata starts inside the signed area and ends after it
      boolean crosses = left >= 4 && area.u32(at) == Extension.AdspMetadata.TYPE;
      if (length < EXTENSION_HEADER_BYTES || (length > left && !crosses)) {
        throw area.error(
            BAD_SIZE, at, "extension of " + length + " bytes with " + left + " bytes left");
      }
      extensions.add(Extensions.parse(payload.slice(at, length, "ext"), at, hashBytes));
      at += length;
    }
    return extensions;
  }

  private static FirmwareFamily familyOf(
      Bytes cssBytes, CssManifest css, List<Extension> extensions, FirmwareFamily layout) {
    long[] packages =
        extensions.stream()
            .filter(Extension.SignedPackageInfo.class::isInstance)
            .mapToLong(Extension::type)
            .toArray();
    Bytes where = cssBytes.named("ext");
    if (packages.length == 0) {
      throw where.error(MISSING, css.headerLength(), "no signed package info (0x0f or 0x23)");
    }
    if (packages.length > 1) {
      throw where.error(UNSUPPORTED, css.headerLength(), packages.length + " signed package infos");
    }
    boolean ace = packages[0] == Extension.SignedPackageInfo.ACE_TYPE;
    if (ace && layout == FirmwareFamily.CAVS_1_8) {
      throw where.error(
          UNSUPPORTED, css.headerLength(), "package info 0x23 under a version 1 directory");
    }
    return ace ? FirmwareFamily.ACE_1_5 : layout;
  }

  /** Finds the firmware entry, and adds the metadata to the extensions. */
  private static ByteRange locate(
      Bytes payload,
      PartitionDirectory directory,
      List<Extension> extensions,
      FirmwareFamily family) {
    Entry met = directory.metadata(payload);
    Entry firmware = directory.firmware(payload);
    Optional<Extension.AdspMetadata> walked = metadataOf(extensions);
    long shift = walked.map(found -> met.offset() - found.range().offset()).orElse(0L);
    if (walked.isPresent() && !mayBeOff(family, shift)) {
      throw directory.error(payload, BAD_SIZE, met + ", but the metadata is elsewhere");
    }
    directory.checkInside(met, payload, 0);
    directory.checkInside(firmware, payload, shift);
    if (walked.isEmpty()) {
      directory.checkDisjoint(payload);
      extensions.add(metadataEntry(payload, met, family));
    }
    long end = firmware.end() - shift;
    if (end < payload.length()) {
      throw payload
          .named("file")
          .error(BAD_SIZE, end, (payload.length() - end) + " bytes follow the firmware entry");
    }
    ByteRange range = ByteRange.between(Math.max(firmware.offset() - shift, 0), end);
    checkLimits(payload, metadataOf(extensions).orElseThrow(), range);
    return range;
  }

  private static boolean mayBeOff(FirmwareFamily family, long shift) {
    return family == FirmwareFamily.ACE_1_5 && (shift == 0 || shift == ACE_DIRECTORY_SHIFT);
  }

  private static void checkLimits(
      Bytes payload, Extension.AdspMetadata metadata, ByteRange firmware) {
    long length = metadata.limitOffset() - metadata.baseOffset();
    if (length != firmware.length() || firmware.offset() < metadata.range().end()) {
      throw payload
          .named("adsp_meta")
          .error(
              BAD_SIZE,
              metadata.range().offset(),
              "limit minus base is " + Bytes.hex(length) + ", the firmware is " + firmware);
    }
  }

  private static Extension metadataEntry(Bytes payload, Entry met, FirmwareFamily family) {
    Bytes entry = payload.slice(met.offset(), met.length(), "adsp_meta");
    if (entry.u32(0) != Extension.AdspMetadata.TYPE) {
      throw entry.error(BAD_MAGIC, 0, "extension type " + Bytes.hex(entry.u32(0)));
    }
    if (entry.u32(4) > entry.length() || entry.u32(4) < EXTENSION_HEADER_BYTES) {
      throw entry.error(BAD_SIZE, 4, "length " + entry.u32(4) + " in " + met);
    }
    Bytes extension = payload.slice(met.offset(), entry.u32(4), "adsp_meta");
    return Extensions.parse(extension, met.offset(), family.hashBytes());
  }
}
