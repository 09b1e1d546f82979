package dev.vflux.firmware;

import static dev.vflux.firmware.FirmwareErrorKind.BAD_SIZE;
import static dev.vflux.firmware.FirmwareErrorKind.OUT_OF_BOUNDS;
import static dev.vflux.firmware.FirmwareErrorKind.UNSUPPORTED;

import dev.vflux.firmware.XManElement.CompilerVersion;
import dev.vflux.firmware.XManElement.ConfigData;
import dev.vflux.firmware.XManElement.DebugAbi;
import dev.vflux.firmware.XManElement.FwVersion;
import dev.vflux.firmware.XManElement.PlatformConfig;
import dev.vflux.firmware.XManElement.TokenValue;
import dev.vflux.firmware.XManElement.Unknown;
import dev.vflux.firmware.XManElement.Windows;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads the elements of an XMan manifest. */
final class XManElements {

  private XManElements() {}

  /** {@code element} spans the element with its header. */
  static XManElement parse(Bytes element) {
    long type = element.u32(0);
    return switch ((int) Math.min(type, Integer.MAX_VALUE)) {
      case FwVersion.TYPE -> fwVersion(body(element, 64));
      case Windows.TYPE -> windows(body(element, 16));
      case CompilerVersion.TYPE -> compiler(body(element, CompilerVersion.BODY_BYTES));
      case DebugAbi.TYPE -> new DebugAbi(AbiVersion.parse((int) body(element, 16).u32(12)));
      case ConfigData.TYPE -> new ConfigData(pairs(body(element, 0)));
      case PlatformConfig.TYPE -> new PlatformConfig(pairs(body(element, 0)));
      default -> new Unknown(type, element.length());
    };
  }

  private static Bytes body(Bytes element, int least) {
    long length = element.length() - XManManifest.ELEMENT_HEADER_BYTES;
    if (length < least) {
      throw element.error(
          BAD_SIZE, 4, "type " + element.u32(0) + " needs a body of " + least + ", has " + length);
    }
    return element.slice(XManManifest.ELEMENT_HEADER_BYTES, length, "xman.elem");
  }

  private static FwVersion fwVersion(Bytes body) {
    FirmwareVersion plain = FirmwareVersion.read(body, 4);
    FirmwareVersion version =
        new FirmwareVersion(
            plain.major(),
            plain.minor(),
            plain.micro(),
            plain.build(),
            Optional.of(body.ascii(34, 6)).filter(tag -> !tag.isEmpty()),
            Optional.of(AbiVersion.parse((int) body.u32(40))));
    return new FwVersion(
        version, body.ascii(12, 12), body.ascii(24, 10), body.u32(44), body.u32(60));
  }

  private static Windows windows(Bytes body) {
    long count = body.u32(12);
    if (count < 1 || count > Windows.MAX_WINDOWS) {
      throw body.error(BAD_SIZE, 12, count + " windows, 1 to " + Windows.MAX_WINDOWS + " allowed");
    }
    List<MailboxWindow> windows = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      windows.add(window(body, 16 + (long) Windows.WINDOW_BYTES * i));
    }
    return new Windows(List.copyOf(windows));
  }

  private static MailboxWindow window(Bytes body, long at) {
    long code = body.u32(at + 4);
    WindowType type =
        WindowType.of(code)
            .orElseThrow(() -> body.error(UNSUPPORTED, at + 4, "window type " + code));
    long id = body.u32(at + 8);
    if (id > Windows.MAX_WINDOW_ID) {
      throw body.error(OUT_OF_BOUNDS, at + 8, "window id " + id);
    }
    return new MailboxWindow(
        type, (int) id, body.u32(at + 12), body.u32(at + 16), body.u32(at + 20));
  }

  private static CompilerVersion compiler(Bytes body) {
    return new CompilerVersion(
        body.u32(12),
        body.u32(16),
        body.u32(20),
        body.ascii(40, 16),
        body.ascii(56, 4),
        body.ascii(60, 32));
  }

  private static List<TokenValue> pairs(Bytes body) {
    List<TokenValue> pairs = new ArrayList<>();
    for (long at = 0; body.holds(at, 8); at += 8) {
      if (body.u32(at) != 0) {
        pairs.add(new TokenValue(body.u32(at), body.u32(at + 4)));
      }
    }
    return List.copyOf(pairs);
  }
}
