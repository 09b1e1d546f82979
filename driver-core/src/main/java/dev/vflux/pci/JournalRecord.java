package dev.vflux.pci;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a journal says: how the functions were before anything was touched. Whether a step was begun
 * or done is for people to read; giving back goes by what the machine looks like.
 *
 * @param name the journal's name in its folder
 * @param boot the kernel's boot ID; group numbers and bindings mean nothing in another boot
 * @param functions the functions as they were
 * @param user who was given the nodes
 * @param iommuOwner who owned {@code /dev/iommu}
 * @param complete whether the binding was carried through
 */
record JournalRecord(
    String name,
    String boot,
    List<Former> functions,
    Optional<String> user,
    Optional<String> iommuOwner,
    boolean complete) {

  static final Path BOOT_ID = Path.of("proc/sys/kernel/random/boot_id");
  static final Path IOMMU = Path.of("dev/iommu");

  /** A function as it was. */
  record Former(
      PciAddress address, String ids, Optional<String> driver, Optional<String> driverOverride) {}

  static JournalRecord of(PciBus bus, BindingPlan plan, BindOptions options) {
    List<Former> functions = new ArrayList<>();
    for (PciAddress address : plan.functions()) {
      PciFunction now = bus.function(address);
      functions.add(new Former(address, now.ids(), now.driver(), bus.driverOverride(address)));
    }
    Optional<String> owner =
        options.user().isPresent() ? owner(bus.root().resolve(IOMMU)) : Optional.empty();
    String name = functions.get(0).address() + JournalFolder.SUFFIX;
    return new JournalRecord(name, bootId(bus), functions, options.user(), owner, false);
  }

  static String bootId(PciBus bus) {
    return Sysfs.text(bus.root().resolve(BOOT_ID)).filter(id -> !id.isEmpty()).orElse("unknown");
  }

  static Optional<String> owner(Path file) {
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    try {
      return Optional.of(Files.getOwner(file).getName());
    } catch (IOException refused) {
      throw Sysfs.unreadable(file, refused);
    }
  }

  boolean tellsOf(PciAddress address) {
    return functions.stream().anyMatch(former -> former.address().equals(address));
  }
}
