package dev.vflux.samples;

import dev.vflux.reactive.DriverLoop;
import dev.vflux.reactive.ReactiveDevice;
import dev.vflux.vfio.Device;
import dev.vflux.vfio.DriverException;
import java.time.Duration;
import java.util.function.ToIntBiFunction;

/** The event loop of a command. */
final class Loops {

  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(10);

  private Loops() {}

  /** Starts the loop; says "not applicable" where the native epoll transport is missing. */
  static DriverLoop start() {
    try {
      return DriverLoop.create();
    } catch (DriverException missing) {
      throw NotApplicableException.because(missing);
    }
  }

  /**
   * Drives a device on a loop of its own until the work is done; then both are closed, and a
   * process that was asked to stop ends.
   */
  static int drive(Device device, ToIntBiFunction<ReactiveDevice, StopSignal> work) {
    DriverLoop loop = start();
    ReactiveDevice reactive = ReactiveDevice.of(device, loop);
    try (StopSignal stop = StopSignal.install()) {
      try {
        return work.applyAsInt(reactive, stop);
      } finally {
        reactive.close().block(CLOSE_LIMIT);
        loop.close().block(CLOSE_LIMIT);
      }
    }
  }
}
