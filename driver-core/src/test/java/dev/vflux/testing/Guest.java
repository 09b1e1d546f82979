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
