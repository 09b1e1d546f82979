package dev.vflux.samples;

import dev.vflux.reactive.ReactiveDevice;
import dev.vflux.vfio.Device;

/**
 * A command that drives its device on an event loop. Ctrl-C ends what it does; the device is quiet
 * and closed before the process ends.
 */
abstract class ReactiveCommand extends DeviceCommand {

  ReactiveCommand(Output output) {
    super(output);
  }

  @Override
  final int call(Device device) {
    return Loops.drive(device, this::call);
  }

  abstract int call(ReactiveDevice device, StopSignal stop);
}
