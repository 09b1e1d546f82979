package dev.vflux.samples;

import dev.vflux.vfio.DeviceInfo;
import dev.vflux.vfio.Devices;
import java.util.List;
import picocli.CommandLine.Command;

/** {@code vflux devices}: what could be opened now. */
@Command(
    name = "devices",
    description = "List the devices that can be opened.",
    mixinStandardHelpOptions = true)
final class DevicesCommand extends VfluxCommand {

  DevicesCommand(Output output) {
    super(output);
  }

  @Override
  public Integer call() {
    List<DeviceInfo> devices = Devices.list();
    if (json) {
      output.json(devices);
    } else {
      Table table = new Table("DEVICE", "DESCRIPTION");
      devices.forEach(device -> table.row(device.name(), device.description()));
      table.print(output);
    }
    return ExitCode.OK;
  }
}
