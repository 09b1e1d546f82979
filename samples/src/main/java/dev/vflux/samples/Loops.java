package dev.vflux.samples;

import dev.vflux.reactive.DriverLoop;
import dev.vflux.vfio.DriverException;

/** The event loop of a command. */
final class Loops {

  private Loops() {}

  /** Starts the loop; says "not applicable" where the native epoll transport is missing. */
  static DriverLoop start() {
    try {
      return DriverLoop.create();
    } catch (DriverException missing) {
      throw NotApplicableException.because(missing);
    }
  }
}
