package dev.vflux.samples;

import dev.vflux.pci.Capability;
import dev.vflux.pci.ConfigSpace;
import dev.vflux.vfio.Device;
import dev.vflux.vfio.IovaRange;
import dev.vflux.vfio.IrqInfo;
import dev.vflux.vfio.RegionIndex;
import dev.vflux.vfio.RegionInfo;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;

/** {@code vflux info}: what a device says of itself. */
@Command(
    name = "info",
    description = "Show a device's regions, interrupts and capabilities.",
    mixinStandardHelpOptions = true)
final class InfoCommand extends DeviceCommand {

  private record Range(String first, String last) {}

  private record Dma(long pageSize, List<Range> ranges) {}

  private record View(
      String name,
      String description,
      boolean resettable,
      List<RegionInfo> regions,
      List<IrqInfo> irqs,
      List<Capability> capabilities,
      Dma dma) {}

  InfoCommand(Output output) {
    super(output);
  }

  @Override
  int call(Device device) {
    View view = view(device);
    if (json) {
      output.json(view);
    } else {
      print(view);
    }
    return ExitCode.OK;
  }

  private static View view(Device device) {
    return new View(
        device.info().name(),
        device.info().description(),
        device.info().resettable(),
        device.regions(),
        device.irqs(),
        device.findRegion(RegionIndex.CONFIG).isPresent()
            ? ConfigText.all(ConfigSpace.read(device))
            : List.of(),
        new Dma(
            device.dma().pageSize(),
            device.dma().ranges().stream().map(InfoCommand::range).toList()));
  }

  private static Range range(IovaRange range) {
    return new Range(Numbers.hex(range.first()), Numbers.hex(range.last()));
  }

  private void print(View view) {
    output.print(view.name() + ": " + view.description());
    output.print("reset: " + (view.resettable() ? "yes" : "no"));
    output.print("");
    Table regions = new Table("REGION", "SIZE", "FLAGS", "MAPPABLE");
    for (RegionInfo region : view.regions()) {
      regions.row(
          region.index().name(),
          Numbers.hex(region.size()),
          names(region.flags()),
          region.windows().stream()
              .map(w -> Numbers.hex(w.offset()) + "+" + Numbers.hex(w.size()))
              .collect(Collectors.joining(" ")));
    }
    regions.print(output);
    output.print("");
    Table irqs = new Table("IRQ", "COUNT", "FLAGS");
    for (IrqInfo irq : view.irqs()) {
      irqs.row(irq.index().name(), Integer.toString(irq.count()), names(irq.flags()));
    }
    irqs.print(output);
    output.print("");
    ConfigText.table(view.capabilities()).print(output);
    output.print("");
    Table dma = new Table("DMA", "FIRST IOVA", "LAST IOVA");
    view.dma().ranges().forEach(r -> dma.row("page " + view.dma().pageSize(), r.first(), r.last()));
    dma.print(output);
  }

  private static String names(Set<? extends Enum<?>> flags) {
    return flags.stream().sorted().map(Enum::name).collect(Collectors.joining(" "));
  }
}
