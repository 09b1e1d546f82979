package dev.vflux.samples;

import dev.vflux.adsp.DspPlatform;
import dev.vflux.firmware.FirmwareImage;
import dev.vflux.firmware.IpcVersion;
import dev.vflux.firmware.VerificationReport;
import dev.vflux.pci.Holders;
import dev.vflux.pci.IommuGroup;
import dev.vflux.pci.PciBus;
import dev.vflux.pci.PciFunction;
import dev.vflux.vfio.DriverException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** What one function needs to be driven, and its firmware when it is an audio DSP. */
final class FunctionChecks {

  // PCI Code and ID Assignment Specification, base class 04h
  private static final int MULTIMEDIA = 0x04;
  private static final int HDA = 0x040300;
  private static final int MULTIMEDIA_AUDIO = 0x040100;
  private static final int HDA_VENDOR = 0x040380;

  private final PciBus bus;
  private final PciFunction function;
  private final List<Finding> findings = new ArrayList<>();

  FunctionChecks(PciBus bus, PciFunction function) {
    this.bus = bus;
    this.function = function;
  }

  List<Finding> all() {
    findings.add(Finding.pass("function", function.describe()));
    Optional<IommuGroup> group = bus.groupOf(function);
    findings.add(group(group));
    findings.add(driver());
    if (function.isVfio()) {
      group.ifPresent(this::nodes);
    }
    findings.add(power());
    if (function.vendor() == DspPlatform.VENDOR_INTEL
        && function.classCode() >>> 16 == MULTIMEDIA) {
      findings.add(dspClass());
    }
    DspPlatform.of(function.vendor(), function.device()).ifPresent(this::firmware);
    return findings;
  }

  private String bind() {
    return "sudo vflux bind " + function.address();
  }

  private Finding group(Optional<IommuGroup> group) {
    if (group.isEmpty()) {
      return Finding.fail("group", "it is in no IOMMU group", "turn the IOMMU on, see above");
    }
    String what = "group " + group.get().number() + ", " + group.get().explain();
    return group.get().viable() ? Finding.pass("group", what) : Finding.fail("group", what, bind());
  }

  private Finding driver() {
    if (function.isBridge()) {
      return Finding.fail("driver", "a bridge or port, not a device", "name a function behind it");
    }
    return function.isVfio()
        ? Finding.pass("driver", function.driver().orElse(PciFunction.VFIO_PCI))
        : Finding.fail("driver", function.driver().orElse("none") + ", not vfio-pci", bind());
  }

  private void nodes(IommuGroup group) {
    List<Path> nodes =
        Stream.concat(Stream.of(bus.groupNode(group)), bus.deviceNode(function).stream()).toList();
    for (Path node : nodes) {
      if (!Files.exists(node)) {
        findings.add(Finding.fail("node", node + " is absent", "is udev running?"));
      } else if (!MachineChecks.accessible(node)) {
        findings.add(
            Finding.fail(
                "permission",
                node + " may not be opened by this user",
                "sudo chown $USER " + node + ", or bind with --user"));
      } else {
        findings.add(Finding.pass("permission", node + " may be opened"));
      }
      Holders holders = bus.holders(node);
      if (!holders.isEmpty()) {
        findings.add(Finding.fail("in use", node + " " + holders.explain(), "end that process"));
      }
    }
  }

  private Finding power() {
    String state = function.powerState().orElse("unknown");
    return switch (state) {
      case "D0", "D3hot" -> Finding.pass("power state", state);
      case "D3cold" ->
          Finding.warn(
              "power state",
              "D3cold: opening it has to bring power back",
              "echo on > " + bus.folder(function.address()).resolve("power/control"));
      default ->
          Finding.warn(
              "power state", state, "see " + bus.folder(function.address()).resolve("power_state"));
    };
  }

  private Finding dspClass() {
    String code = Numbers.hex(function.classCode(), 24);
    return switch (function.classCode()) {
      case MULTIMEDIA_AUDIO, HDA_VENDOR -> Finding.pass("DSP", "on (class code " + code + ")");
      case HDA ->
          Finding.fail(
              "DSP",
              "off: class code " + code + " is plain HD Audio, not 0x040100 or 0x040380",
              "turn the audio DSP on in the firmware's setup, if it offers that");
      default -> Finding.warn("DSP", "class code " + code + " is not known to have a DSP", "");
    };
  }

  private void firmware(DspPlatform platform) {
    platform
        .notBootable()
        .ifPresent(
            why -> findings.add(Finding.warn("platform", platform.label() + ": " + why, "")));
    List<Path> files =
        Stream.of(IpcVersion.IPC3, IpcVersion.IPC4)
            .flatMap(ipc -> platform.firmwareFile(ipc).stream())
            .map(name -> bus.root().resolve("lib/firmware").resolve(name))
            .toList();
    Optional<Path> present = files.stream().filter(Files::exists).findFirst();
    if (present.isPresent()) {
      findings.add(verified(present.get()));
      return;
    }
    Optional<Path> packed = files.stream().flatMap(FunctionChecks::packed).findFirst();
    findings.add(
        packed.isPresent()
            ? Finding.fail(
                "firmware", packed.get() + " is compressed", "unpack it with xz -dk or zstd -dk")
            : Finding.fail(
                "firmware",
                "none of " + files,
                "install firmware-sof-signed, sof-firmware or linux-firmware"));
  }

  private static Stream<Path> packed(Path file) {
    return Stream.of(".xz", ".zst").map(suffix -> Path.of(file + suffix)).filter(Files::exists);
  }

  private static Finding verified(Path file) {
    VerificationReport report;
    try {
      report = FirmwareImage.read(file).verify();
    } catch (DriverException refused) {
      return Finding.fail("firmware", file + ": " + refused.answer(), "install the package again");
    }
    String signer = report.signer().map(key -> key.name()).orElse("nobody");
    if (report.verified()) {
      return Finding.pass("firmware", file + " verified, signed by " + signer);
    }
    return report.firstFailure().isPresent()
        ? Finding.fail(
            "firmware",
            file + ": " + report.firstFailure().get().name() + " failed",
            "install the package again")
        : Finding.warn("firmware", file + " is not signed", "the ROM decides whether it may run");
  }
}
