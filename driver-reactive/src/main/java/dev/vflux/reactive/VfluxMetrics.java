package dev.vflux.reactive;

import io.micrometer.core.instrument.binder.MeterBinder;

/**
 * Micrometer meters of loops and devices, named {@code vflux.…}; {@code docs/observability.md}
 * lists them. Needs {@code io.micrometer:micrometer-core}, which is optional: without it, or
 * without a call here, nothing is measured and no class of it is loaded. Any thread.
 *
 * <p>Meters go away when the loop or device is closed.
 */
// not transitive: who reads this module needs no Micrometer
@SuppressWarnings("exports")
public final class VfluxMetrics {

  private VfluxMetrics() {}

  /**
   * How late a loop runs what is due: {@code vflux.loop.lag}. Ten times a second the loop wakes for
   * it.
   *
   * @param loop the loop
   * @return binds it to a registry
   */
  public static MeterBinder of(DriverLoop loop) {
    return registry -> LoopMeters.bind(registry, loop);
  }

  /**
   * Interrupts, DMA memory and resets of a device, and what drivers above tell of it: boots and
   * streams.
   *
   * @param device the device; bind it before its interrupts are subscribed to, so that none is
   *     missed
   * @return binds it to a registry; {@link MeterBinder#bindTo} throws {@link IllegalStateException}
   *     when the device has an observer already: a {@code CompositeMeterRegistry} reaches several
   */
  public static MeterBinder of(ReactiveDevice device) {
    return registry -> DeviceMeters.bind(registry, device);
  }
}
