package dev.vflux.firmware;

import static dev.vflux.firmware.FirmwareErrorKind.BAD_SIZE;
import static dev.vflux.firmware.FirmwareErrorKind.BAD_VERSION;
import static dev.vflux.firmware.FirmwareErrorKind.OUT_OF_BOUNDS;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The XMan extended manifest of IPC3 firmware: a header and typed elements (Linux {@code
 * include/sound/sof/ext_manifest.h}).
 *
 * @param length full_size: header and elements, in bytes
 * @param headerLength header_size in bytes; fields after the sixteenth byte are skipped
 * @param version header_version, packed like an ABI version; the major is 1
 * @param elements the elements in file order
 */
public record XManManifest(
    long length, long headerLength, AbiVersion version, List<XManElement> elements)
    implements ExtendedManifest {

  static final String MAGIC = "XMan";
  static final int HEADER_BYTES = 16;
  static final int ELEMENT_HEADER_BYTES = 8;
  static final int MAJOR = 1;
  // real manifests have seven; the bound keeps a hostile file from costing more than its bytes
  static final int MAX_ELEMENTS = 256;

  @Override
  public IpcVersion ipcVersion() {
    return IpcVersion.IPC3;
  }

  /**
   * The firmware version element.
   *
   * @return the version, or empty when the manifest has none
   */
  public Optional<FirmwareVersion> firmwareVersion() {
    return elements.stream()
        .filter(XManElement.FwVersion.class::isInstance)
        .map(e -> ((XManElement.FwVersion) e).version())
        .findFirst();
  }

  /**
   * The windows of the WINDOW element.
   *
   * @return the table in file order, empty when the manifest has none
   */
  public List<MailboxWindow> windows() {
    return elements.stream()
        .filter(XManElement.Windows.class::isInstance)
        .map(e -> ((XManElement.Windows) e).windows())
        .findFirst()
        .orElse(List.of());
  }

  static XManManifest parse(Bytes file) {
    Bytes header = file.slice(0, HEADER_BYTES, "xman");
    long full = header.u32(4);
    long headerLength = header.u32(8);
    if (full > file.length()) {
      throw header.error(
          OUT_OF_BOUNDS, 4, "full_size " + full + " in a file of " + file.length() + " bytes");
    }
    if (headerLength < HEADER_BYTES || headerLength % 4 != 0 || headerLength > full) {
      throw header.error(BAD_SIZE, 8, "header_size " + headerLength + " with full_size " + full);
    }
    AbiVersion version = AbiVersion.parse((int) header.u32(12));
    if (version.major() != MAJOR) {
      throw header.error(BAD_VERSION, 12, "header_version " + version + ", known is " + MAJOR);
    }
    return new XManManifest(
        full, headerLength, version, elements(file.slice(0, full, "xman.elem"), headerLength));
  }

  private static List<XManElement> elements(Bytes manifest, long first) {
    List<XManElement> elements = new ArrayList<>();
    long at = first;
    while (at < manifest.length()) {
      long remaining = manifest.length() - at;
      if (remaining < ELEMENT_HEADER_BYTES) {
        throw manifest.error(BAD_SIZE, at, remaining + " bytes are left over after the elements");
      }
      long size = manifest.u32(at + 4);
      if (size < ELEMENT_HEADER_BYTES || size % 4 != 0 || size > remaining) {
        throw manifest.error(
            BAD_SIZE, at + 4, "element size " + size + " with " + remaining + " bytes left");
      }
      if (elements.size() == MAX_ELEMENTS) {
        throw manifest.error(BAD_SIZE, at, "more than " + MAX_ELEMENTS + " elements");
      }
      elements.add(XManElements.parse(manifest.slice(at, size, "xman.elem")));
      at += size;
    }
    return List.copyOf(elements);
  }
}
