package dev.vflux.pci;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeoutException;

/**
 * The machine's PCI functions and IOMMU groups, read from sysfs at each call. Any thread; every
 * method blocks as file access does.
 */
public final class PciBus {

  /** How long a read may take that needs the device's lock. */
  public static final Duration LOCK_LIMIT = Duration.ofSeconds(2);

  // how the kernel prints a null pointer
  private static final String NO_OVERRIDE = "(null)";
  private static final Path DEVICES = Path.of("sys/bus/pci/devices");
  private static final Path GROUPS = Path.of("sys/kernel/iommu_groups");

  private final Path root;
  private final SysfsWriter writer;

  private PciBus(Path root, SysfsWriter writer) {
    this.root = root;
    this.writer = writer;
  }

  /**
   * This machine's bus.
   *
   * @return the bus under {@code /}
   */
  public static PciBus system() {
    return at(Path.of("/"));
  }

  /**
   * A bus described by files elsewhere: another mount of sysfs, or the made-up tree of a test.
   *
   * @param root what stands for {@code /}: the folder with {@code sys}, {@code proc} and {@code
   *     dev} in it
   * @return the bus under that folder
   */
  public static PciBus at(Path root) {
    return at(root, Sysfs::write);
  }

  /**
   * A bus described by files elsewhere, with something that answers to writes: the made-up machine
   * of a test.
   *
   * @param root what stands for {@code /}
   * @param writer what is called for each write to sysfs
   * @return the bus under that folder
   */
  public static PciBus at(Path root, SysfsWriter writer) {
    return new PciBus(root.toAbsolutePath().normalize(), writer);
  }

  /**
   * What carries writes out; to be wrapped by one that watches or stops them.
   *
   * @return the writer
   */
  public SysfsWriter writer() {
    return writer;
  }

  /**
   * What stands for {@code /}.
   *
   * @return the root folder, absolute
   */
  public Path root() {
    return root;
  }

  /**
   * All functions.
   *
   * @return the functions in the order of their addresses; one that vanishes meanwhile is left out
   * @throws PciException when sysfs cannot be read or holds garbage
   */
  public List<PciFunction> functions() {
    return Sysfs.entries(devices()).stream()
        .flatMap(entry -> PciAddress.find(String.valueOf(entry.getFileName())).stream())
        .flatMap(address -> find(address).stream())
        .sorted((a, b) -> a.address().compareTo(b.address()))
        .toList();
  }

  /**
   * A function.
   *
   * @param address where
   * @return the function as it is now; empty when there is none at that address
   * @throws PciException when sysfs cannot be read or holds garbage
   */
  public Optional<PciFunction> find(PciAddress address) {
    Path folder = folder(address);
    if (!Files.isDirectory(folder)) {
      return Optional.empty();
    }
    try {
      return Optional.of(PciFunction.read(address, folder));
    } catch (PciException refused) {
      if (refused.reason() == PciException.Reason.NOT_FOUND && !Files.isDirectory(folder)) {
        return Optional.empty();
      }
      throw refused;
    }
  }

  /**
   * A function that must be there.
   *
   * @param address where
   * @return the function as it is now
   * @throws PciException when there is none, or sysfs cannot be read or holds garbage
   */
  public PciFunction function(PciAddress address) {
    return find(address)
        .orElseThrow(
            () ->
                new PciException(
                    PciException.Reason.NOT_FOUND,
                    "find",
                    address.toString(),
                    "there is no such PCI function",
                    "see 'lspci -D'"));
  }

  /**
   * The only driver that may bind to a function, when one is set. Kept apart from {@link
   * PciFunction} since the kernel takes the device's lock for it: while a driver is waiting for its
   * users to be gone, everything else about the function can be read, but not this.
   *
   * @param address where
   * @return the driver's name; empty when any may bind, or there is no such function
   * @throws PciException with {@link PciException.Reason#TIMED_OUT} after {@link #LOCK_LIMIT}, or
   *     when it cannot be read
   */
  public Optional<String> driverOverride(PciAddress address) {
    Path file = folder(address).resolve("driver_override");
    try {
      return Bounded.await(Bounded.start(() -> Sysfs.text(file)), LOCK_LIMIT)
          .filter(text -> !text.isEmpty() && !text.equals(NO_OVERRIDE));
    } catch (TimeoutException locked) {
      throw new PciException(
          PciException.Reason.TIMED_OUT,
          "read",
          file.toString(),
          "the kernel has not come back within " + LOCK_LIMIT.toSeconds() + " s",
          "it is taking the function from a driver that waits for its users: end whoever uses it",
          locked);
    }
  }

  /**
   * All IOMMU groups.
   *
   * @return the groups by number; none when no IOMMU is in use
   * @throws PciException when sysfs cannot be read or holds garbage
   */
  public List<IommuGroup> groups() {
    return Sysfs.entries(root.resolve(GROUPS)).stream()
        .map(entry -> IommuGroup.number(entry, String.valueOf(entry.getFileName())))
        .sorted()
        .flatMap(number -> findGroup(number).stream())
        .toList();
  }

  /**
   * An IOMMU group.
   *
   * @param number its number
   * @return the group as it is now; empty when there is none of that number
   * @throws PciException when sysfs cannot be read or holds garbage
   */
  public Optional<IommuGroup> findGroup(int number) {
    Path folder = root.resolve(GROUPS).resolve(Integer.toString(number));
    return Files.isDirectory(folder)
        ? Optional.of(IommuGroup.read(this, number, folder))
        : Optional.empty();
  }

  /**
   * The group of a function.
   *
   * @param function the function
   * @return its group as it is now; empty when no IOMMU is in use
   * @throws PciException when sysfs cannot be read or holds garbage
   */
  public Optional<IommuGroup> groupOf(PciFunction function) {
    return function.group().isPresent() ? findGroup(function.group().getAsInt()) : Optional.empty();
  }

  /**
   * Where the group's character device is, for the group way into VFIO.
   *
   * @param group the group
   * @return {@code /dev/vfio/N}, which exists while a member is bound to a VFIO driver
   */
  public Path groupNode(IommuGroup group) {
    return root.resolve("dev/vfio").resolve(group.node());
  }

  /**
   * Where the function's own character device is, for the iommufd way into VFIO.
   *
   * @param function the function
   * @return {@code /dev/vfio/devices/vfioN} when it exists; empty without a VFIO driver, or in a
   *     kernel without such devices (CONFIG_VFIO_DEVICE_CDEV), which may name them in sysfs
   */
  public Optional<Path> deviceNode(PciFunction function) {
    return function
        .vfioDevice()
        .map(name -> root.resolve("dev/vfio/devices").resolve(name))
        .filter(Files::exists);
  }

  /**
   * Who has a file open.
   *
   * @param file the file, absolute; for instance a node under {@code /dev/vfio}
   * @return the processes, as far as this one may look
   */
  public Holders holders(Path file) {
    return Holders.of(this, List.of(file));
  }

  /**
   * The names of vendors, devices and classes.
   *
   * @return what the machine's pci.ids says; nothing when it has none
   */
  public PciNames names() {
    return PciNames.under(root);
  }

  /**
   * The function's folder in sysfs.
   *
   * @param address where
   * @return the folder, which need not exist
   */
  public Path folder(PciAddress address) {
    return devices().resolve(address.toString());
  }

  private Path devices() {
    return root.resolve(DEVICES);
  }

  @Override
  public String toString() {
    return "PCI bus under " + root;
  }
}
