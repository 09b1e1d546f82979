package dev.vflux.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The virtual machine of {@code .ci/vm}: which devices it has. All but the two functions of {@link
 * #groupedEdu()} are bound to vfio-pci when the tests start.
 */
public final class Guest {

  private static final Path COMMAND_LINE = Path.of("/proc/cmdline");
  private static final Path FUNCTIONS = Path.of("/sys/bus/pci/devices");

  private Guest() {}

  /**
   * Whether this process runs in the guest.
   *
   * @return true when the kernel was started by {@code .ci/vm/guest}
   */
  public static boolean present() {
    try {
      return Files.readString(COMMAND_LINE).contains("vflux.out=");
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }

  /**
   * Whether this process runs in a guest whose kernel offers iommufd.
   *
   * @return true when there is a /dev/iommu, too
   */
  public static boolean hasIommufd() {
    return present() && Files.exists(Path.of("/dev/iommu"));
  }

  /**
   * Gives a function to another driver, as a user's shell would.
   *
   * @param address its PCI address
   * @param driver the driver's name; empty for none
   * @throws IOException when sysfs refuses
   */
  public static void bind(String address, String driver) throws IOException {
    Path function = FUNCTIONS.resolve(address);
    Files.writeString(function.resolve("driver_override"), driver.isEmpty() ? "\n" : driver);
    if (Files.exists(function.resolve("driver"))) {
      Files.writeString(function.resolve("driver/unbind"), address);
    }
    if (!driver.isEmpty()) {
      Files.writeString(Path.of("/sys/bus/pci/drivers_probe"), address);
      String bound = Files.readSymbolicLink(function.resolve("driver")).getFileName().toString();
      if (!bound.equals(driver)) {
        throw new IOException(address + " is bound to " + bound + ", not to " + driver);
      }
    }
    if (!driver.equals("vfio-pci")) {
      Files.writeString(function.resolve("driver_override"), "\n");
    }
  }

  /**
   * QEMU's edu device: MSI, INTx, DMA.
   *
   * @return its PCI address
   */
  public static String edu() {
    return "0000:00:05.0";
  }

  /**
   * QEMU's pci-testdev: no interrupt, a BAR too small to map.
   *
   * @return its PCI address
   */
  public static String testdev() {
    return "0000:00:06.0";
  }

  /**
   * A USB controller with 16 MSI vectors.
   *
   * @return its PCI address
   */
  public static String xhci() {
    return "0000:00:07.0";
  }

  /**
   * An NVMe controller: PCI Express, MSI-X, function reset.
   *
   * @return its PCI address
   */
  public static String nvme() {
    return "0000:00:09.0";
  }

  /**
   * An HDA controller with one codec, where the audio function of a real machine sits.
   *
   * @return its PCI address
   */
  public static String hda() {
    return "0000:00:1f.3";
  }

  /**
   * The port that {@link #groupedEdu()} and {@link #groupedRng()} are behind.
   *
   * @return its PCI address
   */
  public static String rootPort() {
    return "0000:00:08.0";
  }

  /**
   * An edu device without a driver that shares its IOMMU group with {@link #groupedRng()}.
   *
   * @return its PCI address
   */
  public static String groupedEdu() {
    return "0000:02:01.0";
  }

  /**
   * A random number device on its host driver, virtio-pci.
   *
   * @return its PCI address
   */
  public static String groupedRng() {
    return "0000:02:02.0";
  }
}
