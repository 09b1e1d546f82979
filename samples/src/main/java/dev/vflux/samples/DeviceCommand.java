package dev.vflux.samples;

import dev.vflux.vfio.Device;
import dev.vflux.vfio.Devices;
import picocli.CommandLine.Parameters;

/** A command that opens one device, and closes it whatever happens. */
abstract class DeviceCommand extends VfluxCommand {

  @Parameters(
      index = "0",
      paramLabel = "URI",
      defaultValue = DEFAULT_DEVICE,
      description = "Which device; default: ${DEFAULT-VALUE}. See 'vflux devices'.")
  String uri = DEFAULT_DEVICE;

  DeviceCommand(Output output) {
    super(output);
  }

  @Override
  public final Integer call() {
    check();
    prepare();
    try (Device device = Devices.open(uri)) {
      return call(device);
    }
  }

  /** What can be refused before the device is touched; throws TypeConversionException. */
  void check() {}

  /** What else is to be known before the device is opened; throws DriverException. */
  void prepare() {}

  abstract int call(Device device);
}
