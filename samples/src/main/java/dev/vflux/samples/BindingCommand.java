package dev.vflux.samples;

import dev.vflux.pci.BindOptions;
import dev.vflux.pci.Binder;
import dev.vflux.pci.BindingPlan;
import dev.vflux.pci.BindingStep;
import dev.vflux.pci.PciAddress;
import dev.vflux.pci.PciBus;
import dev.vflux.pci.UdevRule;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code vflux bind}, {@code unbind} and {@code restore}: whose driver an IOMMU group has. */
abstract class BindingCommand extends VfluxCommand {

  /** What the machine lacks, as opposed to what speaks against it. */
  private static final Set<BindingPlan.Kind> LACKING =
      Set.of(BindingPlan.Kind.NO_DRIVER, BindingPlan.Kind.NO_GROUP);

  final PciBus bus;

  @Option(names = "--force", description = "Go on although it is in use; whoever uses it loses it.")
  boolean force;

  @Option(names = "--dry-run", description = "Print the exact writes and make none.")
  boolean dryRun;

  private record View(
      boolean dryRun,
      List<String> functions,
      List<String> steps,
      List<BindingPlan.Refusal> refusals,
      List<String> notes,
      Optional<String> udevRule) {}

  BindingCommand(Output output, PciBus bus) {
    super(output);
    this.bus = bus;
  }

  final BindOptions options() {
    return new BindOptions(force, user());
  }

  Optional<String> user() {
    return Optional.empty();
  }

  @Override
  public final Integer call() {
    Binder binder = Binder.on(bus);
    List<BindingPlan> plans = plan(binder);
    if (!dryRun) {
      plans.forEach(this::lacking);
      plans = act(binder);
    }
    if (json) {
      output.json(plans.stream().map(this::view).toList());
    } else {
      plans.forEach(this::print);
    }
    return exit(plans);
  }

  abstract List<BindingPlan> plan(Binder binder);

  abstract List<BindingPlan> act(Binder binder);

  private void lacking(BindingPlan plan) {
    for (BindingPlan.Refusal refusal : plan.refusals()) {
      if (LACKING.contains(refusal.kind())) {
        throw new NotApplicableException("bind", refusal.target(), refusal.why(), refusal.advice());
      }
    }
  }

  private static int exit(List<BindingPlan> plans) {
    List<BindingPlan.Refusal> refusals =
        plans.stream().flatMap(plan -> plan.refusals().stream()).toList();
    if (refusals.isEmpty()) {
      return ExitCode.OK;
    }
    return refusals.stream().allMatch(refusal -> LACKING.contains(refusal.kind()))
        ? ExitCode.NOT_APPLICABLE
        : ExitCode.FAILED;
  }

  private View view(BindingPlan plan) {
    return new View(
        dryRun,
        plan.functions().stream().map(PciAddress::toString).toList(),
        plan.steps().stream().map(BindingStep::shell).toList(),
        plan.refusals(),
        plan.notes(),
        udevRule(plan));
  }

  private void print(BindingPlan plan) {
    if (dryRun) {
      plan.steps().forEach(step -> output.print(step.shell()));
    } else if (!plan.functions().isEmpty()) {
      output.print(done() + " " + names(plan));
    }
    plan.notes().forEach(note -> output.say("note: " + note));
    plan.refusals().forEach(refusal -> output.say("refused: " + refusal));
    udevRule(plan)
        .ifPresent(
            rule -> {
              output.say("to make it last, as /etc/udev/rules.d/70-vflux.rules:");
              output.say(rule.stripTrailing());
            });
  }

  abstract String done();

  private static String names(BindingPlan plan) {
    return plan.functions().stream().map(PciAddress::toString).collect(Collectors.joining(", "));
  }

  private Optional<String> udevRule(BindingPlan plan) {
    return plan.functions().isEmpty()
        ? Optional.empty()
        : user().map(name -> UdevRule.text(plan.functions(), name));
  }

  /** What bind and unbind have in common: one group, named by a function in it. */
  abstract static class OneGroup extends BindingCommand {
    @Parameters(
        paramLabel = "ADDRESS",
        converter = AddressConverter.class,
        description = "A PCI function, for instance 0000:00:1f.3.")
    PciAddress address = new PciAddress(0, 0, 0, 0);

    OneGroup(Output output, PciBus bus) {
      super(output, bus);
    }
  }

  /** {@code vflux bind}. */
  @Command(
      name = "bind",
      description = {
        "Hand a function and the rest of its IOMMU group to vfio-pci, or none of it.",
        "What was before is kept in /run/vflux, for unbind and restore."
      },
      mixinStandardHelpOptions = true)
  static final class Bind extends OneGroup {
    @Option(
        names = "--user",
        paramLabel = "NAME",
        description = "Who is to own the group's nodes; also prints the udev rule for it.")
    @Nullable String user;

    Bind(Output output, PciBus bus) {
      super(output, bus);
    }

    @Override
    Optional<String> user() {
      return Optional.ofNullable(user);
    }

    @Override
    List<BindingPlan> plan(Binder binder) {
      return List.of(binder.planBind(address, options()));
    }

    @Override
    List<BindingPlan> act(Binder binder) {
      return List.of(binder.bind(address, options()));
    }

    @Override
    String done() {
      return "bound to vfio-pci:";
    }
  }

  /** {@code vflux unbind}. */
  @Command(
      name = "unbind",
      description = "Give a function and the rest of its IOMMU group back to their drivers.",
      mixinStandardHelpOptions = true)
  static final class Unbind extends OneGroup {
    Unbind(Output output, PciBus bus) {
      super(output, bus);
    }

    @Override
    List<BindingPlan> plan(Binder binder) {
      return List.of(binder.planUnbind(address, options()));
    }

    @Override
    List<BindingPlan> act(Binder binder) {
      return List.of(binder.unbind(address, options()));
    }

    @Override
    String done() {
      return "given back:";
    }
  }

  /** {@code vflux restore}. */
  @Command(
      name = "restore",
      description = {
        "Give everything back that bind took, also after it was killed half way.",
        "Goes by the journals in /run/vflux."
      },
      mixinStandardHelpOptions = true)
  static final class Restore extends BindingCommand {
    Restore(Output output, PciBus bus) {
      super(output, bus);
    }

    @Override
    List<BindingPlan> plan(Binder binder) {
      List<BindingPlan> plans = binder.planRestore(options());
      if (plans.isEmpty()) {
        output.say("nothing is to be given back");
      }
      return plans;
    }

    @Override
    List<BindingPlan> act(Binder binder) {
      return binder.restore(options());
    }

    @Override
    String done() {
      return "given back:";
    }
  }
}
