package dev.vflux.reactive;

import dev.vflux.vfio.IrqIndex;
import java.time.Duration;

/**
 * Told what goes on at a device, for meters; see {@link ReactiveDevice#observe}. Called on the
 * device's loop, many times a second: must not block, and costs what it does. What it throws is
 * treated like what the code throws that it watches. {@link VfluxMetrics} is one for Micrometer.
 */
public interface DeviceObserver {

  /**
   * An interrupt was delivered to its subscriber.
   *
   * @param index through which index
   * @param vector through which vector
   * @param count how many signals had added up, 1 at least
   * @param nanos how long the subscriber's {@code onNext} took, in nanoseconds
   */
  void interrupt(IrqIndex index, int vector, long count, long nanos);

  /**
   * Something happened that is counted.
   *
   * @param name what, for instance {@code vflux.xruns}; one of a few
   * @param tag by what it is told apart, for instance {@code direction}; the same for a name
   * @param value which of a few it was, for instance {@code playback}
   */
  void counted(String name, String tag, String value);

  /**
   * Something ended that takes its time.
   *
   * @param name what, for instance {@code vflux.boot.stage}; one of a few
   * @param tag by what it is told apart, for instance {@code stage}; the same for a name
   * @param value which of a few it was, for instance {@code CODE_LOAD}
   * @param took how long
   * @param succeeded whether it came to a good end
   */
  void timed(String name, String tag, String value, Duration took, boolean succeeded);

  /** The device was closed: nothing more is told. Called by any thread, which may block. */
  void closed();
}
