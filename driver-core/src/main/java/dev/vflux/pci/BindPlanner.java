package dev.vflux.pci;

import dev.vflux.pci.BindingPlan.Kind;
import dev.vflux.pci.BindingPlan.Refusal;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipalNotFoundException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Works out how a whole group gets to vfio-pci, and what speaks against it. Writes nothing. */
final class BindPlanner {

  // PCI Code and ID Assignment Specification: host, ISA and other bridges
  private static final int BASE_CLASS_BRIDGE = 0x06;
  private static final String STUB = "pci-stub";

  private final PciBus bus;
  private final BindOptions options;
  private final List<JournalRecord> journals;
  private final List<PciAddress> functions = new ArrayList<>();
  private final List<BindingStep> steps = new ArrayList<>();
  private final List<Refusal> refusals = new ArrayList<>();
  private final List<String> notes = new ArrayList<>();

  BindPlanner(PciBus bus, BindOptions options, List<JournalRecord> journals) {
    this.bus = bus;
    this.options = options;
    this.journals = journals;
  }

  BindingPlan plan(PciFunction asked) {
    Optional<IommuGroup> group = bus.groupOf(asked);
    if (asked.isBridge()) {
      refuse(
          Kind.BRIDGE,
          asked.describe(),
          "it is a bridge or port, header type " + asked.headerType(),
          "name a function behind it");
    } else if (group.isPresent()) {
      group.get().members().forEach(member -> member(member, asked));
    } else {
      noGroup(asked);
      bind(asked);
    }
    driverIsThere();
    journalsAgree();
    options.user().ifPresent(user -> owners(user, group));
    return new BindingPlan(functions, steps, refusals, notes);
  }

  private void noGroup(PciFunction asked) {
    refuse(
        Kind.NO_GROUP,
        asked.describe(),
        "it is in no IOMMU group, so nothing would keep its DMA apart",
        "turn the IOMMU on in the firmware's setup and on the kernel's command line"
            + " (intel_iommu=on; on AMD it is on by default)");
  }

  private void member(IommuGroup.Member member, PciFunction asked) {
    if (member.function().isEmpty()) {
      if (member.obstacle()) {
        refuse(Kind.FOREIGN_DEVICE, member.name(), "in the same group and " + member.reason(), "");
      }
      return;
    }
    PciFunction function = member.function().get();
    if (function.isBridge()) {
      notes.add(function.describe() + " is left alone: a bridge or port");
    } else if (function.driver().filter(STUB::equals).isPresent()
        && !function.address().equals(asked.address())) {
      notes.add(function.describe() + " is left alone: it is set aside already");
    } else if (function.driver().isEmpty()
        && function.classCode() >>> 16 == BASE_CLASS_BRIDGE
        && !function.address().equals(asked.address())) {
      notes.add(function.describe() + " is left alone: a bridge that no driver uses");
    } else {
      bind(function);
    }
  }

  private void bind(PciFunction function) {
    if (function.isVfio()) {
      notes.add(function.describe() + " is bound already");
      return;
    }
    if (!options.force()) {
      DeviceUse.of(bus, function)
          .forEach(use -> refuse(Kind.IN_USE, function.describe(), use, "stop using it first"));
    }
    functions.add(function.address());
    PciAddress address = function.address();
    if (!bus.driverOverride(address).equals(Optional.of(PciFunction.VFIO_PCI))) {
      steps.add(SysfsSteps.override(bus, address, Optional.of(PciFunction.VFIO_PCI)));
    }
    if (function.driver().isPresent()) {
      steps.add(SysfsSteps.unbind(bus, address));
    }
    steps.add(SysfsSteps.bind(bus, address, PciFunction.VFIO_PCI));
    SysfsSteps.notPermitted(bus, address).ifPresent(refusals::add);
  }

  private void driverIsThere() {
    if (!steps.isEmpty() && !SysfsSteps.driverExists(bus, PciFunction.VFIO_PCI)) {
      refuse(
          Kind.NO_DRIVER,
          SysfsSteps.driver(bus, PciFunction.VFIO_PCI).toString(),
          "the driver vfio-pci is not loaded",
          "run 'modprobe vfio-pci' as root");
    }
  }

  private void journalsAgree() {
    for (JournalRecord journal : journals) {
      if (functions.stream().anyMatch(journal::tellsOf)) {
        refuse(
            Kind.JOURNAL,
            journal.name(),
            "it tells of functions of this group that were not given back",
            "run 'vflux restore' first");
      }
    }
  }

  private void owners(String user, Optional<IommuGroup> group) {
    try {
      Object unusedFound =
          FileSystems.getDefault().getUserPrincipalLookupService().lookupPrincipalByName(user);
    } catch (UserPrincipalNotFoundException nobody) {
      refuse(Kind.NO_USER, user, "there is no user of that name", "");
      return;
    } catch (IOException failed) {
      refuse(Kind.NO_USER, user, Sysfs.answer(failed), "");
      return;
    }
    List<PciFunction> owned =
        group.map(IommuGroup::functions).orElse(List.of()).stream()
            .filter(f -> f.isVfio() || functions.contains(f.address()))
            .toList();
    group
        .filter(unusedGroup -> !owned.isEmpty())
        .ifPresent(g -> own(BindingStep.Kind.OWN_GROUP, owned.get(0), bus.groupNode(g), user));
    for (PciFunction function : owned) {
      Path names = bus.folder(function.address()).resolve("vfio-dev");
      own(BindingStep.Kind.OWN_DEVICE, function, names, user);
    }
    Path iommu = bus.root().resolve(JournalRecord.IOMMU);
    if (!owned.isEmpty() && Files.exists(iommu)) {
      own(BindingStep.Kind.OWN_IOMMU, owned.get(0), iommu, user);
    }
  }

  private void own(BindingStep.Kind kind, PciFunction function, Path file, String user) {
    steps.add(new BindingStep(kind, function.address(), file, user, Optional.empty()));
  }

  private void refuse(Kind kind, String target, String why, String advice) {
    if (!(options.force() && kind == Kind.NO_GROUP)) {
      refusals.add(new Refusal(kind, target, why, advice));
    }
  }
}
