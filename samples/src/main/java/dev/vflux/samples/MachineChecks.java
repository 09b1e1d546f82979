package dev.vflux.samples;

import dev.vflux.pci.IommuGroup;
import dev.vflux.pci.PciBus;
import dev.vflux.pci.PciFunction;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the machine itself must have: IOMMU, interrupt remapping, VFIO, locked memory. */
final class MachineChecks {

  /** An image of at most 1 MiB, descriptor lists, and the rings of a few audio streams. */
  static final long MEMLOCK_NEEDED = 8L << 20;

  // include/uapi/linux/capability.h
  private static final int CAP_IPC_LOCK = 14;
  private static final Pattern MEMLOCK = Pattern.compile("(?m)^Max locked memory +(\\S+)");
  private static final Pattern CAPABILITIES =
      Pattern.compile("(?m)^CapEff:\\s*([0-9a-fA-F]{1,16})");
  private static final Pattern REMAPPED = Pattern.compile("\\bIR-");
  private static final String UNSAFE =
      "sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts";

  private final PciBus bus;

  MachineChecks(PciBus bus) {
    this.bus = bus;
  }

  List<Finding> all() {
    return List.of(
        iommu(), interruptRemapping(), vfioPci(), container(), iommufd(), lockedMemory());
  }

  private Finding iommu() {
    List<IommuGroup> groups = bus.groups().stream().filter(group -> !group.noIommu()).toList();
    return groups.isEmpty()
        ? Finding.fail(
            "IOMMU",
            "off: the kernel made no IOMMU groups",
            "turn VT-d or AMD-Vi on in the firmware's setup, and boot Intel machines with"
                + " intel_iommu=on")
        : Finding.pass("IOMMU", "on, " + groups.size() + " groups");
  }

  private Finding interruptRemapping() {
    String check = "interrupt remapping";
    Optional<String> interrupts = text("proc/interrupts");
    if (interrupts.filter(text -> REMAPPED.matcher(text).find()).isPresent()) {
      return Finding.pass(check, "on");
    }
    if (text(UNSAFE).filter(text -> text.strip().equals("Y")).isPresent()) {
      return Finding.warn(
          check,
          "not seen, and allow_unsafe_interrupts is set: a device can raise any interrupt",
          "boot without intremap=off, then unset it");
    }
    return Finding.warn(
        check,
        interrupts.isEmpty() ? "/proc/interrupts cannot be read" : "not seen in /proc/interrupts",
        "boot without intremap=off; VFIO answers EPERM without it, unless"
            + " 'modprobe vfio_iommu_type1 allow_unsafe_interrupts=1' says that you trust the"
            + " device");
  }

  private Finding vfioPci() {
    return exists("sys/bus/pci/drivers/" + PciFunction.VFIO_PCI)
        ? Finding.pass("vfio-pci", "loaded")
        : Finding.fail("vfio-pci", "not loaded", "sudo modprobe vfio-pci");
  }

  private Finding container() {
    Path node = bus.root().resolve("dev/vfio/vfio");
    if (!Files.exists(node)) {
      return exists("dev/iommu")
          ? Finding.warn(
              "/dev/vfio/vfio", "absent, only the iommufd way is open", "sudo modprobe vfio")
          : Finding.fail("/dev/vfio/vfio", "absent", "sudo modprobe -a vfio vfio_iommu_type1");
    }
    return accessible(node)
        ? Finding.pass("/dev/vfio/vfio", "may be opened")
        : Finding.fail("/dev/vfio/vfio", "may not be opened", "sudo chmod 666 " + node);
  }

  private Finding iommufd() {
    Path node = bus.root().resolve("dev/iommu");
    if (!Files.exists(node)) {
      return Finding.pass("/dev/iommu", "absent in this kernel: the group way is used");
    }
    return accessible(node)
        ? Finding.pass("/dev/iommu", "may be opened")
        : Finding.warn(
            "/dev/iommu",
            "may not be opened: the group way is used",
            "bind with --user, or run as root");
  }

  private Finding lockedMemory() {
    String check = "locked memory";
    if (capabilities().filter(set -> (set >>> CAP_IPC_LOCK & 1) != 0).isPresent()) {
      return Finding.pass(check, "without limit (CAP_IPC_LOCK)");
    }
    String limit = find(MEMLOCK, "proc/self/limits").orElse("?");
    if (limit.equals("unlimited")) {
      return Finding.pass(check, limit);
    }
    if (!limit.matches("\\d{1,18}")) {
      return Finding.warn(check, "the limit cannot be read", "see 'ulimit -l'");
    }
    long bytes = Long.parseLong(limit);
    String what = bytes + " bytes, " + MEMLOCK_NEEDED + " wanted for DMA buffers";
    return bytes >= MEMLOCK_NEEDED
        ? Finding.pass(check, what)
        : Finding.fail(
            check,
            what,
            "ulimit -l "
                + MEMLOCK_NEEDED / 1024
                + ", or '* - memlock "
                + MEMLOCK_NEEDED / 1024
                + "' in /etc/security/limits.d/vflux.conf and a new login");
  }

  private Optional<Long> capabilities() {
    return find(CAPABILITIES, "proc/self/status").map(hex -> Long.parseUnsignedLong(hex, 16));
  }

  private Optional<String> find(Pattern pattern, String path) {
    return text(path).map(pattern::matcher).filter(Matcher::find).map(found -> found.group(1));
  }

  private boolean exists(String path) {
    return Files.exists(bus.root().resolve(path));
  }

  static boolean accessible(Path node) {
    return Files.isReadable(node) && Files.isWritable(node);
  }

  private Optional<String> text(String path) {
    try {
      return Optional.of(Files.readString(bus.root().resolve(path), StandardCharsets.ISO_8859_1));
    } catch (IOException absentOrHidden) {
      return Optional.empty();
    }
  }
}
