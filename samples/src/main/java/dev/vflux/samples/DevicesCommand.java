package dev.vflux.samples;

import dev.vflux.emulated.DeviceModel;
import dev.vflux.emulated.EmulatedDevices;
import dev.vflux.vfio.DeviceInfo;
import dev.vflux.vfio.Devices;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code vflux devices}: what could be opened now. */
@Command(
    name = "devices",
    description = "List the devices that can be opened.",
    mixinStandardHelpOptions = true)
final class DevicesCommand extends VfluxCommand {

  private static final String EMULATED = "emulated:";

  @Option(
      names = "--options",
      description = "Also list what a URI can set, and the faults an emulated device can be given.")
  boolean options;

  private record View(
      String name, String description, Map<String, String> options, Set<String> faults) {}

  DevicesCommand(Output output) {
    super(output);
  }

  @Override
  public Integer call() {
    List<View> devices = Devices.list().stream().map(DevicesCommand::view).toList();
    if (json) {
      output.json(devices);
      return ExitCode.OK;
    }
    Table table = new Table("DEVICE", "DESCRIPTION");
    for (View device : devices) {
      table.row(device.name(), device.description());
      if (options) {
        device.options().forEach((name, does) -> table.row("", "?" + name + "=  " + does));
        if (!device.faults().isEmpty()) {
          table.row("", "?fault=  " + String.join(", ", device.faults()));
        }
      }
    }
    table.print(output);
    return ExitCode.OK;
  }

  private static View view(DeviceInfo device) {
    for (DeviceModel model : EmulatedDevices.models()) {
      if (device.name().equals(EMULATED + model.name())) {
        return new View(
            device.name(),
            device.description(),
            new TreeMap<>(model.options()),
            model.faults().stream()
                .map(model::faultForm)
                .collect(Collectors.toCollection(TreeSet::new)));
      }
    }
    return new View(device.name(), device.description(), Map.of(), Set.of());
  }
}
