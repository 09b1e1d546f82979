package dev.vflux.samples;

import dev.vflux.pci.IommuGroup;
import dev.vflux.pci.PciBus;
import dev.vflux.pci.PciFunction;
import dev.vflux.pci.PciNames;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;

/** {@code vflux list}: the machine's PCI functions, and which of them could be driven. */
@Command(
    name = "list",
    description = "List the machine's PCI functions: IOMMU group, driver, viable or why not.",
    mixinStandardHelpOptions = true)
final class ListCommand extends VfluxCommand {

  private final PciBus bus;

  private record View(
      String address,
      String ids,
      Optional<String> name,
      String classCode,
      Optional<String> className,
      Optional<Integer> group,
      Optional<String> driver,
      Optional<String> powerState,
      boolean bridge,
      boolean viable,
      String why) {}

  ListCommand(Output output, PciBus bus) {
    super(output);
    this.bus = bus;
  }

  @Override
  public Integer call() {
    PciNames names = bus.names();
    List<View> views = bus.functions().stream().map(f -> view(f, names)).toList();
    if (views.isEmpty()) {
      throw new NotApplicableException(
          "list",
          bus.root().resolve("sys/bus/pci/devices").toString(),
          "this machine shows no PCI functions",
          "emulated devices need none: see 'vflux devices'");
    }
    if (json) {
      output.json(views);
    } else {
      print(views);
    }
    return ExitCode.OK;
  }

  private View view(PciFunction function, PciNames names) {
    Optional<IommuGroup> group = bus.groupOf(function);
    boolean known = names.vendor(function.vendor()).isPresent();
    return new View(
        function.address().toString(),
        function.ids(),
        known ? Optional.of(names.describe(function)) : Optional.empty(),
        Numbers.hex(function.classCode(), 24),
        names.classOf(function.classCode()),
        group.map(IommuGroup::number),
        function.driver(),
        function.powerState(),
        function.isBridge(),
        !function.isBridge() && group.filter(IommuGroup::viable).isPresent(),
        why(function, group));
  }

  private static String why(PciFunction function, Optional<IommuGroup> group) {
    if (function.isBridge()) {
      return "a bridge or port, left alone";
    }
    return group.map(IommuGroup::explain).orElse("no IOMMU group: the IOMMU is off");
  }

  private void print(List<View> views) {
    Table table = new Table("ADDRESS", "ID", "CLASS", "GROUP", "DRIVER", "VIABLE", "NAME");
    for (View view : views) {
      table.row(
          view.address(),
          view.ids(),
          view.classCode(),
          view.group().map(String::valueOf).orElse("-"),
          view.driver().orElse("-"),
          view.why(),
          view.name().or(view::className).orElse(""));
    }
    table.print(output);
  }
}
