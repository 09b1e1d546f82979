package dev.vflux.firmware;

import dev.vflux.firmware.XManElement.CompilerVersion;
import dev.vflux.firmware.XManElement.ConfigData;
import dev.vflux.firmware.XManElement.DebugAbi;
import dev.vflux.firmware.XManElement.FwVersion;
import dev.vflux.firmware.XManElement.PlatformConfig;
import dev.vflux.firmware.XManElement.Windows;
import java.util.List;

/** Writes an extended manifest, its elements in the order real images have them. */
final class ContainerWriter {

  private static final int WINDOWS_BYTES = 0x1a0;
  private static final int CONFIG_BYTES = 0x20;
  private static final int FW_VERSION_BYTES = 0x50;
  private static final int COMPILER_BYTES = 0x70;
  private static final int DEBUG_ABI_BYTES = 0x20;
  static final long EXT_DATA_COMMAND = 0x7000_0000L;
  private static final AbiVersion DEBUG_ABI = new AbiVersion(5, 3, 0);
  private static final int IPC_MESSAGE_BYTES = 384;
  private static final int OUTBOX_BYTES = 4096;
  private static final int INBOX_BYTES = 8192;

  private final FirmwareImageBuilder image;

  ContainerWriter(FirmwareImageBuilder image) {
    this.image = image;
  }

  byte[] write(IpcVersion ipc) {
    return ipc == IpcVersion.IPC3 ? xman() : ae1();
  }

  private byte[] xman() {
    int length =
        XManManifest.HEADER_BYTES
            + WINDOWS_BYTES
            + CONFIG_BYTES
            + FW_VERSION_BYTES
            + COMPILER_BYTES
            + DEBUG_ABI_BYTES
            + CONFIG_BYTES;
    ImageBytes out = new ImageBytes(length);
    out.ascii(0, 4, XManManifest.MAGIC);
    out.u32(4, length);
    out.u32(8, XManManifest.HEADER_BYTES);
    out.u32(12, new AbiVersion(XManManifest.MAJOR, 0, 0).word());
    int at = windows(out, XManManifest.HEADER_BYTES);
    at = pairs(out, at, PlatformConfig.TYPE, 1, 0, 2, OUTBOX_BYTES, 3, INBOX_BYTES);
    at = fwVersion(out, at);
    at = compiler(out, at);
    at = debugAbi(out, at);
    pairs(out, at, ConfigData.TYPE, 1, IPC_MESSAGE_BYTES, 2, 1);
    return out.array();
  }

  private static int element(ImageBytes out, int at, int type, int size) {
    out.u32(at, type);
    out.u32(at + 4, size);
    return at + size;
  }

  private static void extHeader(ImageBytes out, int body, int size, int type) {
    out.u32(body, size);
    out.u32(body + 4, EXT_DATA_COMMAND);
    out.u32(body + 8, type);
  }

  private int windows(ImageBytes out, int at) {
    windowsBody(out, at + XManManifest.ELEMENT_HEADER_BYTES);
    return element(out, at, Windows.TYPE, WINDOWS_BYTES);
  }

  /** The table of windows, as in the manifest so in FW_READY. */
  void windowsBody(ImageBytes out, int body) {
    extHeader(out, body, Windows.TABLE_BYTES, Windows.TYPE);
    out.u32(body + 12, image.windows.size());
    int entry = body + 16;
    for (MailboxWindow window : image.windows) {
      out.u32(entry + 4, window.type().code());
      out.u32(entry + 8, window.id());
      out.u32(entry + 12, window.flags());
      out.u32(entry + 16, window.size());
      out.u32(entry + 20, window.offset());
      entry += Windows.WINDOW_BYTES;
    }
  }

  private int fwVersion(ImageBytes out, int at) {
    versionBody(out, at + XManManifest.ELEMENT_HEADER_BYTES);
    return element(out, at, FwVersion.TYPE, FW_VERSION_BYTES);
  }

  /** The version, as in the manifest so in FW_READY. */
  void versionBody(ImageBytes out, int body) {
    out.u32(body, 60);
    out.u16(body + 4, image.version.major());
    out.u16(body + 6, image.version.minor());
    out.u16(body + 8, image.version.micro());
    out.u16(body + 10, image.version.build());
    out.ascii(body + 12, 12, "generated");
    out.ascii(body + 24, 10, "generated");
    out.ascii(body + 34, 6, image.tag);
    out.u32(body + 40, image.abi.word());
  }

  private static int compiler(ImageBytes out, int at) {
    int body = at + XManManifest.ELEMENT_HEADER_BYTES;
    extHeader(out, body, CompilerVersion.BODY_BYTES, CompilerVersion.TYPE);
    out.ascii(body + 40, 16, "none");
    out.ascii(body + 60, 32, "image builder of vflux");
    return element(out, at, CompilerVersion.TYPE, COMPILER_BYTES);
  }

  private static int debugAbi(ImageBytes out, int at) {
    int body = at + XManManifest.ELEMENT_HEADER_BYTES;
    extHeader(out, body, 16, DebugAbi.TYPE);
    out.u32(body + 12, DEBUG_ABI.word());
    return element(out, at, DebugAbi.TYPE, DEBUG_ABI_BYTES);
  }

  private static int pairs(ImageBytes out, int at, int type, int... words) {
    int body = at + XManManifest.ELEMENT_HEADER_BYTES;
    for (int word : words) {
      out.u32(body, word);
      body += 4;
    }
    return element(out, at, type, CONFIG_BYTES);
  }

  private byte[] ae1() {
    List<BuiltModule> modules = BuiltModule.of(image.family, image.pages);
    int length = Ae1Manifest.HEADER_BYTES + Ae1Manifest.MODULE_BYTES * modules.size();
    ImageBytes out = new ImageBytes(length);
    out.ascii(0, 4, Ae1Manifest.MAGIC);
    out.u32(4, length);
    out.u16(8, Ae1Manifest.MAJOR);
    out.u32(12, modules.size());
    int at = Ae1Manifest.HEADER_BYTES;
    for (BuiltModule module : modules) {
      out.u32(at, Ae1Manifest.MODULE_BYTES);
      Uuids.write(out, at + 4, module.uuid());
      out.u16(at + 20, 1);
      at += Ae1Manifest.MODULE_BYTES;
    }
    return out.array();
  }
}
