package dev.vflux.samples;

import dev.vflux.firmware.AdspManifest;
import dev.vflux.firmware.AdspModule;
import dev.vflux.firmware.Ae1Manifest;
import dev.vflux.firmware.ByteRange;
import dev.vflux.firmware.Check;
import dev.vflux.firmware.CssManifest;
import dev.vflux.firmware.Extension;
import dev.vflux.firmware.MailboxWindow;
import dev.vflux.firmware.ModuleSegment;
import dev.vflux.firmware.PartitionDirectory;
import dev.vflux.firmware.ReefBody;
import dev.vflux.firmware.XManElement;
import dev.vflux.firmware.XManManifest;
import dev.vflux.samples.FirmwareView.Verification;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** A firmware image as text, in the order of the file. */
final class FirmwareText {

  private final Output output;

  private FirmwareText(Output output) {
    this.output = output;
  }

  static void print(Path file, FirmwareView view, Output output) {
    FirmwareText text = new FirmwareText(output);
    output.print(
        file
            + ": "
            + view.family()
            + " "
            + view.ipcVersion()
            + " version "
            + view.version()
            + ", "
            + view.fileLength()
            + " bytes, payload at "
            + Numbers.hex(view.payloadOffset()));
    view.extendedManifest()
        .ifPresent(
            manifest -> {
              if (manifest instanceof XManManifest xman) {
                text.xman(xman);
              } else if (manifest instanceof Ae1Manifest ae1) {
                text.ae1(ae1);
              }
            });
    view.directory().ifPresent(text::directory);
    view.css().ifPresent(text::css);
    text.extensions(view.extensions());
    view.adsp().ifPresent(text::adsp);
    view.reef().ifPresent(text::reef);
    text.verification(view.verification());
  }

  private void heading(String heading) {
    output.print("");
    output.print(heading);
  }

  private void xman(XManManifest xman) {
    heading("extended manifest XMan " + xman.version() + ", " + xman.length() + " bytes");
    Table table = new Table("ELEMENT", "");
    for (XManElement element : xman.elements()) {
      row(table, element);
    }
    table.print(output);
  }

  private static void row(Table table, XManElement element) {
    if (element instanceof XManElement.FwVersion version) {
      table.row(
          "FW_VERSION",
          version.version()
              + version.version().tag().map(tag -> " tag " + tag).orElse("")
              + version.version().abi().map(abi -> " abi " + abi).orElse("")
              + " source hash "
              + Numbers.hex(version.sourceHash())
              + " flags "
              + Numbers.hex(version.flags()));
    } else if (element instanceof XManElement.Windows windows) {
      windows.windows().forEach(window -> table.row("WINDOW", window(window)));
    } else if (element instanceof XManElement.CompilerVersion compiler) {
      table.row(
          "CC_VERSION",
          compiler.name()
              + " "
              + compiler.major()
              + "."
              + compiler.minor()
              + "."
              + compiler.micro()
              + " "
              + compiler.description());
    } else if (element instanceof XManElement.DebugAbi debug) {
      table.row("DBG_ABI", debug.abi().toString());
    } else if (element instanceof XManElement.ConfigData config) {
      table.row("CONFIG_DATA", pairs(config.values()));
    } else if (element instanceof XManElement.PlatformConfig config) {
      table.row("PLATFORM_CONFIG", pairs(config.values()));
    } else if (element instanceof XManElement.Unknown unknown) {
      table.row("type " + unknown.type(), unknown.size() + " bytes, not decoded");
    }
  }

  static String window(MailboxWindow window) {
    return String.format(
        Locale.ROOT,
        "%-9s window %d at %s, %s bytes",
        window.type(),
        window.id(),
        Numbers.hex(window.offset()),
        Numbers.hex(window.size()));
  }

  private static String pairs(List<XManElement.TokenValue> values) {
    return values.stream()
        .map(pair -> "token " + pair.token() + " = " + pair.value())
        .collect(Collectors.joining(", "));
  }

  private void ae1(Ae1Manifest ae1) {
    heading(
        "extended manifest $AE1 "
            + ae1.majorVersion()
            + "."
            + ae1.minorVersion()
            + ", "
            + ae1.length()
            + " bytes");
    Table table = new Table("MODULE UUID", "VERSION", "TYPE", "CAPABILITIES", "PINS");
    for (Ae1Manifest.Module module : ae1.modules()) {
      table.row(
          module.uuid().toString(),
          module.version().toString(),
          Numbers.hex(module.type()),
          Integer.toString(module.schedulingCapabilities()),
          Integer.toString(module.pins()));
    }
    table.print(output);
  }

  private void directory(PartitionDirectory directory) {
    heading(
        "partition directory $CPD '"
            + directory.name()
            + "' version "
            + directory.headerVersion()
            + ", checksum "
            + Numbers.hex(directory.checksum()));
    Table table = new Table("ENTRY", "OFFSET", "LENGTH");
    for (PartitionDirectory.Entry entry : directory.entries()) {
      table.row(entry.name(), Numbers.hex(entry.offset()), Numbers.hex(entry.length()));
    }
    table.print(output);
  }

  private void css(CssManifest css) {
    heading(
        "signed manifest (CSS) at "
            + Numbers.hex(css.offset())
            + ", "
            + css.size()
            + " bytes: vendor "
            + Numbers.hex(css.vendor(), 16)
            + ", date "
            + css.date()
            + css.version().map(version -> ", version " + version).orElse("")
            + ", svn "
            + css.svn()
            + ", RSA-"
            + css.keyBits()
            + " exponent "
            + css.exponent());
  }

  private void extensions(List<Extension> extensions) {
    if (extensions.isEmpty()) {
      return;
    }
    Table table = new Table("EXTENSION", "RANGE", "");
    extensions.forEach(e -> table.row(Numbers.hex(e.type(), 8), e.range().toString(), detail(e)));
    output.print("");
    table.print(output);
  }

  private static String detail(Extension extension) {
    if (extension instanceof Extension.SignedPackageInfo info) {
      return "signed package info '" + info.name() + "' vcn " + info.vcn() + " svn " + info.svn();
    } else if (extension instanceof Extension.PartitionInfo info) {
      return "partition info '" + info.name() + "' vcn " + info.vcn();
    } else if (extension instanceof Extension.PartitionHash info) {
      return "partition hash '" + info.name() + "'" + (info.hash().isZero() ? ", zero" : "");
    } else if (extension instanceof Extension.AdspMetadata info) {
      return "ADSP metadata: IMR type "
          + info.imrType()
          + ", "
          + Numbers.hex(info.baseOffset())
          + " to "
          + Numbers.hex(info.limitOffset());
    }
    return "not decoded";
  }

  private void adsp(AdspManifest adsp) {
    heading(
        "ADSP manifest $AM1 '"
            + adsp.name()
            + "' at "
            + Numbers.hex(adsp.offset())
            + ": version "
            + adsp.version()
            + ", "
            + adsp.preloadPageCount()
            + " pages, feature mask "
            + Numbers.hex(adsp.featureMask())
            + ", load offset "
            + Numbers.hex(adsp.loadOffset()));
    Table table =
        new Table("MODULE", "UUID", "TYPE", "ENTRY", "SEGMENT", "ADDRESS", "FILE", "PAGES");
    for (AdspModule module : adsp.modules()) {
      String[] first = {
        module.name(),
        module.uuid().toString(),
        Numbers.hex(module.type()),
        Numbers.hex(module.entryPoint(), 32)
      };
      for (ModuleSegment segment : segments(module)) {
        table.row(
            first[0],
            first[1],
            first[2],
            first[3],
            segment.type().name(),
            Numbers.hex(segment.address(), 32),
            Numbers.hex(segment.fileOffset()),
            Integer.toString(segment.pages()));
        first = new String[] {"", "", "", ""};
      }
      if (segments(module).isEmpty()) {
        table.row(first[0], first[1], first[2], first[3], "-", "-", "-", "-");
      }
    }
    table.print(output);
  }

  private static List<ModuleSegment> segments(AdspModule module) {
    return module.segments().stream()
        .filter(s -> s.type() != ModuleSegment.Type.EMPTY && s.pages() > 0)
        .toList();
  }

  private void reef(ReefBody reef) {
    heading("unsigned body Reef, abi " + Numbers.hex(reef.abi()));
    Table table = new Table("MODULE", "BLOCK", "OFFSET", "CONTENTS");
    for (ReefBody.Module module : reef.modules()) {
      for (ReefBody.Block block : module.blocks()) {
        table.row(
            Long.toString(module.type()),
            Long.toString(block.type()),
            Numbers.hex(block.offset()),
            block.contents().toString());
      }
    }
    table.print(output);
  }

  private void verification(Verification verification) {
    heading("verification");
    Table table = new Table("CHECK", "OUTCOME", "COVERS", "");
    for (Check check : verification.checks()) {
      table.row(check.name(), check.outcome().name(), ranges(check.regions()), check.detail());
    }
    table.print(output);
    output.print("unprotected: " + ranges(verification.unprotectedRanges()));
    verification
        .signer()
        .ifPresent(
            signer -> {
              output.print("signed by: " + signer.name() + " (key " + signer.fingerprint() + ")");
              output.print("scheme: " + verification.scheme().orElse("-"));
            });
    output.print("verdict: " + verification.verdict());
  }

  private static String ranges(List<ByteRange> ranges) {
    return ranges.isEmpty()
        ? "-"
        : ranges.stream().map(ByteRange::toString).collect(Collectors.joining(" "));
  }
}
