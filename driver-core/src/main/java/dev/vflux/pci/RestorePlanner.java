package dev.vflux.pci;

import dev.vflux.pci.BindingPlan.Kind;
import dev.vflux.pci.BindingPlan.Refusal;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Works out how functions get back to where they were, from what the machine looks like now, so
 * that it does not matter where a crash happened. Writes nothing.
 */
final class RestorePlanner {

  private final PciBus bus;
  private final boolean force;
  private final Set<PciAddress> stuck;
  private final List<JournalRecord> journals;

  RestorePlanner(PciBus bus, boolean force, Set<PciAddress> stuck, List<JournalRecord> journals) {
    this.bus = bus;
    this.force = force;
    this.stuck = stuck;
    this.journals = journals;
  }

  /** What is being put together for one journal. */
  private static final class Draft {
    private final List<PciAddress> functions = new ArrayList<>();
    private final List<BindingStep> steps = new ArrayList<>();
    private final List<Refusal> refusals = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();

    BindingPlan plan() {
      return new BindingPlan(functions, steps, refusals, notes);
    }
  }

  BindingPlan plan(JournalRecord record) {
    Draft draft = new Draft();
    if (!record.boot().equals(JournalRecord.bootId(bus))) {
      draft.notes.add(record.name() + " is of an earlier boot, there is nothing to give back");
      return draft.plan();
    }
    for (JournalRecord.Former former : record.functions()) {
      function(former, draft);
    }
    iommuOwner(record, draft);
    return draft.plan();
  }

  private void function(JournalRecord.Former former, Draft draft) {
    Optional<PciFunction> found = bus.find(former.address());
    if (found.isEmpty()) {
      draft.notes.add(former.address() + " is gone");
      return;
    }
    PciFunction now = found.get();
    if (stuck.contains(now.address())) {
      draft.notes.add(now.describe() + ": the kernel is still taking it from its driver");
      return;
    }
    if (!now.ids().equals(former.ids())) {
      draft.notes.add(now.describe() + " is another device than before, it was " + former.ids());
      return;
    }
    if (now.driver().isPresent() && !now.isVfio() && !now.driver().equals(former.driver())) {
      draft.notes.add(now.describe() + " was given to another driver meanwhile, it is left alone");
      return;
    }
    int before = draft.steps.size();
    override(now, former.driverOverride(), draft);
    boolean release = now.isVfio() && !now.driver().equals(former.driver());
    if (release) {
      release(now, draft);
    }
    if (release || now.driver().isEmpty()) {
      former.driver().ifPresent(driver -> bindFormer(now.address(), driver, draft));
    }
    if (draft.steps.size() > before) {
      draft.functions.add(now.address());
      SysfsSteps.notPermitted(bus, now.address()).ifPresent(draft.refusals::add);
    }
  }

  /** An override that is not ours was set by somebody since, and stays. */
  private void override(PciFunction now, Optional<String> former, Draft draft) {
    Optional<String> set = bus.driverOverride(now.address());
    if (set.equals(Optional.of(PciFunction.VFIO_PCI)) && !set.equals(former)) {
      draft.steps.add(SysfsSteps.override(bus, now.address(), former));
    }
  }

  private void release(PciFunction now, Draft draft) {
    if (!force) {
      DeviceUse.of(bus, now)
          .forEach(
              use ->
                  draft.refusals.add(
                      new Refusal(Kind.IN_USE, now.describe(), use, "end that process first")));
    }
    draft.steps.add(SysfsSteps.unbind(bus, now.address()));
  }

  private void bindFormer(PciAddress address, String driver, Draft draft) {
    if (SysfsSteps.driverExists(bus, driver)) {
      draft.steps.add(SysfsSteps.bind(bus, address, driver));
    } else {
      draft.steps.add(SysfsSteps.probe(bus, address, Optional.of(driver)));
      draft.notes.add(
          address + ": its former driver " + driver + " is not loaded; 'modprobe " + driver + "'");
    }
  }

  private void iommuOwner(JournalRecord record, Draft draft) {
    Path node = bus.root().resolve(JournalRecord.IOMMU);
    boolean shared =
        journals.stream()
            .anyMatch(
                other -> !other.name().equals(record.name()) && other.user().equals(record.user()));
    if (record.iommuOwner().isPresent()
        && !shared
        && JournalRecord.owner(node).equals(record.user())
        && !record.iommuOwner().equals(record.user())) {
      draft.steps.add(
          new BindingStep(
              BindingStep.Kind.OWN_IOMMU,
              record.functions().get(0).address(),
              node,
              record.iommuOwner().get(),
              Optional.empty()));
    }
  }

  /** For a group that something else bound: the kernel chooses the drivers. */
  BindingPlan planWithoutJournal(PciFunction asked) {
    Draft draft = new Draft();
    List<PciFunction> members =
        bus.groupOf(asked).map(IommuGroup::functions).orElse(List.of(asked));
    for (PciFunction member : members) {
      if (!member.isVfio()) {
        continue;
      }
      draft.functions.add(member.address());
      override(member, Optional.empty(), draft);
      release(member, draft);
      draft.steps.add(SysfsSteps.probe(bus, member.address(), Optional.empty()));
      SysfsSteps.notPermitted(bus, member.address()).ifPresent(draft.refusals::add);
    }
    if (draft.functions.isEmpty()) {
      draft.notes.add(asked.describe() + " and its group are not bound to vfio-pci");
    } else {
      draft.notes.add("no journal tells of this group: the kernel chooses the drivers");
    }
    return draft.plan();
  }
}
