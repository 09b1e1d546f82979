package dev.vflux.pci;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A PCI function as sysfs showed it at one moment (Documentation/ABI/testing/sysfs-bus-pci).
 * Drivers come and go: read it again from {@link PciBus} before relying on it. Immutable; any
 * thread.
 *
 * @param address where it is
 * @param vendor vendor ID, 16 bits
 * @param device device ID, 16 bits
 * @param subsystemVendor subsystem vendor ID, 16 bits, 0 when the header has none
 * @param subsystemDevice subsystem device ID, 16 bits, 0 when the header has none
 * @param classCode base class, sub-class and programming interface, 24 bits
 * @param revision revision ID, 8 bits
 * @param headerType 0 for a device, 1 for a PCI-to-PCI bridge or port, 2 for a CardBus bridge
 * @param driver the bound driver's name
 * @param group the IOMMU group; empty when no IOMMU is in use
 * @param vfioDevice the VFIO device's name in sysfs while a VFIO driver is bound, for instance
 *     {@code vfio0}; whether {@code /dev/vfio/devices} has a node of that name depends on the
 *     kernel, see {@link PciBus#deviceNode}
 * @param powerState {@code D0}, {@code D3hot}, {@code D3cold}, {@code unknown}...
 */
public record PciFunction(
    PciAddress address,
    int vendor,
    int device,
    int subsystemVendor,
    int subsystemDevice,
    int classCode,
    int revision,
    int headerType,
    Optional<String> driver,
    OptionalInt group,
    Optional<String> vfioDevice,
    Optional<String> powerState) {

  /** The kernel's driver that hands PCI functions to user space. */
  public static final String VFIO_PCI = "vfio-pci";

  // PCI Local Bus Specification 3.0, 6.1: offset of Header Type, and its multi-function bit
  private static final int HEADER_TYPE = 0x0e;
  private static final int HEADER_TYPE_MASK = 0x7f;
  // PCI Code and ID Assignment Specification: bridges with a header of their own
  private static final int CLASS_PCI_BRIDGE = 0x0604;
  private static final int CLASS_CARDBUS_BRIDGE = 0x0607;
  private static final int CLASS_SEMI_TRANSPARENT_BRIDGE = 0x0609;

  static PciFunction read(PciAddress address, Path folder) {
    int classCode = Sysfs.hex(folder.resolve("class"), 24);
    return new PciFunction(
        address,
        Sysfs.hex(folder.resolve("vendor"), 16),
        Sysfs.hex(folder.resolve("device"), 16),
        optionalHex(folder.resolve("subsystem_vendor")),
        optionalHex(folder.resolve("subsystem_device")),
        classCode,
        Files.exists(folder.resolve("revision")) ? Sysfs.hex(folder.resolve("revision"), 8) : 0,
        headerType(folder, classCode),
        Sysfs.linkName(folder.resolve("driver")),
        group(folder),
        vfioDevice(folder),
        Sysfs.text(folder.resolve("power_state")));
  }

  private static int optionalHex(Path file) {
    return Files.exists(file) ? Sysfs.hex(file, 16) : 0;
  }

  private static OptionalInt group(Path folder) {
    Path link = folder.resolve("iommu_group");
    Optional<String> name = Sysfs.linkName(link);
    if (name.isEmpty()) {
      return OptionalInt.empty();
    }
    return OptionalInt.of(IommuGroup.number(link, name.get()));
  }

  private static Optional<String> vfioDevice(Path folder) {
    return Sysfs.entries(folder.resolve("vfio-dev")).stream()
        .map(entry -> String.valueOf(entry.getFileName()))
        .filter(name -> name.matches("vfio\\d{1,9}"))
        .findFirst();
  }

  private static int headerType(Path folder, int classCode) {
    byte[] config = Sysfs.bytes(folder.resolve("config")).orElse(new byte[0]);
    int type = config.length > HEADER_TYPE ? config[HEADER_TYPE] & 0xff : 0xff;
    // a function in D3cold reads as all-ones
    if (type != 0xff) {
      return type & HEADER_TYPE_MASK;
    }
    return switch (classCode >>> 8) {
      case CLASS_PCI_BRIDGE, CLASS_SEMI_TRANSPARENT_BRIDGE -> 1;
      case CLASS_CARDBUS_BRIDGE -> 2;
      default -> 0;
    };
  }

  /**
   * Whether this is a PCI-to-PCI bridge, a root port or a switch port. vfio-pci takes none of them,
   * and a group stays viable with them in it.
   *
   * @return true for every header type but 0
   */
  public boolean isBridge() {
    return headerType != 0;
  }

  /**
   * Whether a VFIO driver is bound: vfio-pci, or a vendor's variant of it.
   *
   * @return true when user space can open the function
   */
  public boolean isVfio() {
    return vfioDevice.isPresent() || driver.filter(PciFunction::isVfio).isPresent();
  }

  private static boolean isVfio(String driver) {
    return driver.equals(VFIO_PCI) || driver.endsWith("-vfio-pci") || driver.endsWith("_vfio_pci");
  }

  /**
   * The IDs as lspci -n prints them.
   *
   * @return for instance {@code 8086:02c8}
   */
  public String ids() {
    return String.format(Locale.ROOT, "%04x:%04x", vendor, device);
  }

  /**
   * The function in a few words, for errors.
   *
   * @return for instance {@code 0000:00:1f.4 (8086:02a3, driver i801_smbus)}
   */
  public String describe() {
    return address + " (" + ids() + ", " + driver.map(d -> "driver " + d).orElse("no driver") + ")";
  }
}
