package dev.vflux.firmware;

import static dev.vflux.firmware.FirmwareErrorKind.BAD_SIZE;
import static dev.vflux.firmware.FirmwareErrorKind.BAD_VERSION;
import static dev.vflux.firmware.FirmwareErrorKind.OUT_OF_BOUNDS;

import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * The {@code $AE1} extended manifest of IPC4 firmware (Linux {@code
 * include/sound/sof/ext_manifest4.h}; module entries after rimage's {@code cavs_ext_manifest.h}).
 *
 * @param length len: header and module entries, in bytes
 * @param majorVersion version of this structure; 1
 * @param minorVersion version of this structure
 * @param modules the module entries in file order
 */
public record Ae1Manifest(long length, int majorVersion, int minorVersion, List<Module> modules)
    implements ExtendedManifest {

  static final String MAGIC = "$AE1";
  static final int HEADER_BYTES = 16;
  static final int MAJOR = 1;
  static final int MODULE_BYTES = 40;
  static final int SCHEDULING_CAPABILITY_BYTES = 4;
  static final int PIN_BYTES = 24;

  @Override
  public IpcVersion ipcVersion() {
    return IpcVersion.IPC4;
  }

  /**
   * What a module can do, for tools; the loader needs none of it.
   *
   * @param uuid the module
   * @param version its version
   * @param type its kind, {@code enum mod_type} of rimage
   * @param initSettingsMinSize smallest initial configuration in bytes
   * @param schedulingCapabilities how many scheduling capabilities follow
   * @param pins how many pin descriptions follow
   */
  public record Module(
      UUID uuid,
      FirmwareVersion version,
      long type,
      long initSettingsMinSize,
      int schedulingCapabilities,
      int pins) {}

  static Ae1Manifest parse(Bytes file) {
    Bytes header = file.slice(0, HEADER_BYTES, "ae1");
    long length = header.u32(4);
    if (length > file.length()) {
      throw header.error(
          OUT_OF_BOUNDS, 4, "len " + length + " in a file of " + file.length() + " bytes");
    }
    if (length < HEADER_BYTES) {
      throw header.error(BAD_SIZE, 4, "len " + length + " is shorter than the header");
    }
    int major = header.u16(8);
    if (major != MAJOR) {
      throw header.error(BAD_VERSION, 8, "version " + major + ", known is " + MAJOR);
    }
    long count = header.u32(12);
    if (count > (length - HEADER_BYTES) / MODULE_BYTES) {
      throw header.error(BAD_SIZE, 12, count + " module entries in " + length + " bytes");
    }
    Bytes manifest = file.slice(0, length, "ae1.module");
    return new Ae1Manifest(length, major, header.u16(10), modules(manifest, count));
  }

  private static List<Module> modules(Bytes manifest, long count) {
    List<Module> modules = new ArrayList<>();
    long at = HEADER_BYTES;
    for (long i = 0; i < count; i++) {
      long length = manifest.u32(at);
      if (length < MODULE_BYTES || length > manifest.length() - at) {
        throw manifest.error(BAD_SIZE, at, "module entry of " + length + " bytes");
      }
      modules.add(module(manifest.slice(at, length, "ae1.module")));
      at += length;
    }
    return List.copyOf(modules);
  }

  private static Module module(Bytes entry) {
    int capabilities = entry.u16(36);
    int pins = entry.u16(38);
    long needed =
        MODULE_BYTES + (long) SCHEDULING_CAPABILITY_BYTES * capabilities + (long) PIN_BYTES * pins;
    if (needed > entry.length()) {
      throw entry.error(
          BAD_SIZE, 36, capabilities + " capabilities and " + pins + " pins need " + needed);
    }
    return new Module(
        Uuids.read(entry, 4),
        FirmwareVersion.read(entry, 20),
        entry.u32(28),
        entry.u32(32),
        capabilities,
        pins);
  }
}
