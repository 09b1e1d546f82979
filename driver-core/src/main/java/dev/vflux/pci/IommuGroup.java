package dev.vflux.pci;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * An IOMMU group at one moment: the devices that the IOMMU cannot keep apart, and so the smallest
 * unit that can be handed to user space. Immutable; any thread.
 *
 * @param number the number, as in {@code /sys/kernel/iommu_groups}
 * @param type the default domain's type: {@code DMA}, {@code DMA-FQ}, {@code identity}...; empty
 *     when the kernel does not say
 * @param noIommu whether vfio made this group up because there is no IOMMU; such a group isolates
 *     nothing
 * @param members the devices in it, in the order of their names
 */
public record IommuGroup(int number, Optional<String> type, boolean noIommu, List<Member> members) {

  // drivers that set driver_managed_dma, so that the group may belong to user space beside them:
  // drivers/pci/pci-stub.c, drivers/pci/pcie/portdrv.c
  private static final Set<String> HARMLESS = Set.of("pci-stub", "pcieport");
  // drivers/vfio/group.c
  private static final String NO_IOMMU_NAME = "vfio-noiommu";

  /**
   * A device of a group.
   *
   * @param name the name in sysfs, an address for a PCI function
   * @param function the PCI function; empty for a device of another bus
   * @param driver the bound driver's name
   * @param obstacle whether it keeps the group from being viable
   * @param reason why it does or does not
   */
  public record Member(
      String name,
      Optional<PciFunction> function,
      Optional<String> driver,
      boolean obstacle,
      String reason) {}

  static IommuGroup read(PciBus bus, int number, Path folder) {
    List<Member> members =
        Sysfs.entries(folder.resolve("devices")).stream().map(entry -> member(bus, entry)).toList();
    boolean noIommu = Sysfs.text(folder.resolve("name")).filter(NO_IOMMU_NAME::equals).isPresent();
    return new IommuGroup(number, Sysfs.text(folder.resolve("type")), noIommu, members);
  }

  static int number(Path where, String text) {
    if (!text.matches("\\d{1,9}")) {
      throw Sysfs.garbage(where, text);
    }
    return Integer.parseInt(text);
  }

  private static Member member(PciBus bus, Path entry) {
    String name = String.valueOf(entry.getFileName());
    Optional<PciFunction> function = PciAddress.find(name).flatMap(bus::find);
    Optional<String> driver =
        function.isPresent() ? function.get().driver() : Sysfs.linkName(entry.resolve("driver"));
    if (driver.isEmpty()) {
      return new Member(name, function, driver, false, "no driver");
    }
    String bound = driver.get();
    if (function.filter(PciFunction::isVfio).isPresent()) {
      return new Member(name, function, driver, false, "bound to " + bound);
    }
    if (HARMLESS.contains(bound)) {
      return new Member(name, function, driver, false, bound + " does no DMA of its own");
    }
    return new Member(name, function, driver, true, "bound to " + bound + ", a driver of the host");
  }

  /**
   * Whether the kernel would let user space own the group: every member is bound to a VFIO driver,
   * to one that does no DMA, or to none. The kernel decides again when the group is opened.
   *
   * @return true when no member is an obstacle
   */
  public boolean viable() {
    return obstacles().isEmpty();
  }

  /**
   * The members that keep the group from being viable.
   *
   * @return those bound to a driver of the host
   */
  public List<Member> obstacles() {
    return members.stream().filter(Member::obstacle).toList();
  }

  /**
   * The PCI functions in the group.
   *
   * @return the members that are PCI functions
   */
  public List<PciFunction> functions() {
    return members.stream().flatMap(member -> member.function().stream()).toList();
  }

  /**
   * Why the group is viable or not, in one line that names every obstacle and its driver.
   *
   * @return for instance {@code not viable: 0000:00:1f.4 bound to i801_smbus, a driver of the host}
   */
  public String explain() {
    if (viable()) {
      return "viable";
    }
    return obstacles().stream()
        .map(member -> member.name() + " " + member.reason())
        .collect(Collectors.joining("; ", "not viable: ", ""));
  }

  /**
   * The name of its node under {@code /dev/vfio}.
   *
   * @return the number, or {@code noiommu-} and the number
   */
  public String node() {
    return noIommu ? "noiommu-" + number : Integer.toString(number);
  }
}
