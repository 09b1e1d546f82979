package dev.vflux.samples;

import dev.vflux.reactive.DriverLoop;
import dev.vflux.reactive.ReactiveDevice;
import dev.vflux.vfio.Device;
import java.time.Duration;

/**
 * A command that drives its device on an event loop. Ctrl-C ends what it does; the device is quiet
 * and closed before the process ends.
 */
abstract class ReactiveCommand extends DeviceCommand {

  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(10);

  ReactiveCommand(Output output) {
    super(output);
  }

  @Override
  final int call(Device device) {
    DriverLoop loop = Loops.start();
    ReactiveDevice reactive = ReactiveDevice.of(device, loop);
    try (StopSignal stop = StopSignal.install()) {
      try {
        return call(reactive, stop);
      } finally {
        reactive.close().block(CLOSE_LIMIT);
        loop.close().block(CLOSE_LIMIT);
      }
    }
  }

  abstract int call(ReactiveDevice device, StopSignal stop);
}
