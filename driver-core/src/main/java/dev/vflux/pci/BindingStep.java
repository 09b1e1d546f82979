package dev.vflux.pci;

import java.nio.file.Path;
import java.util.Optional;

/**
 * One change to the machine: a value for one file of sysfs, or an owner for one node.
 *
 * @param kind what it does
 * @param address the function it is about
 * @param file what is written or gets an owner; for {@link Kind#OWN_DEVICE} the folder of sysfs
 *     whose entry names the node, which does not exist before the function is bound
 * @param value what is written, or the owner's name
 * @param driverAfter the driver that must be bound after {@link Kind#UNBIND} (empty: none), {@link
 *     Kind#BIND} or {@link Kind#PROBE} (empty: whichever the kernel chooses)
 */
public record BindingStep(
    Kind kind, PciAddress address, Path file, String value, Optional<String> driverAfter) {

  /** What a step does. */
  public enum Kind {
    /** Writes driver_override: the only driver that may bind, or a newline for any. */
    OVERRIDE,
    /** Takes the function from its driver. */
    UNBIND,
    /** Gives the function to a driver. */
    BIND,
    /** Lets the kernel choose a driver. */
    PROBE,
    /** Sets the owner of {@code /dev/vfio/N}. */
    OWN_GROUP,
    /** Sets the owner of {@code /dev/vfio/devices/vfioN}, where the kernel has it. */
    OWN_DEVICE,
    /** Sets the owner of {@code /dev/iommu}, where the kernel has it. */
    OWN_IOMMU
  }

  /**
   * The step as a shell command that does the same.
   *
   * @return for instance {@code echo 'vfio-pci' >
   *     /sys/bus/pci/devices/0000:00:1f.3/driver_override}
   */
  public String shell() {
    return switch (kind) {
      case OVERRIDE, UNBIND, BIND, PROBE -> "echo '" + value.strip() + "' > " + file;
      case OWN_GROUP, OWN_IOMMU -> "chown " + value + " " + file;
      case OWN_DEVICE -> "chown " + value + " /dev/vfio/devices/$(ls " + file + ")";
    };
  }

  @Override
  public String toString() {
    return shell();
  }
}
