package dev.vflux.reactive;

import dev.vflux.vfio.DriverException;

/**
 * A subscriber of {@link ReactiveRegion#writes()} had no demand when a write was made. Only that
 * subscriber is ended; the write itself was made. Immutable; any thread.
 */
public final class RegionWriteOverflowException extends DriverException {

  private static final long serialVersionUID = 1L;

  private final transient RegionWrite missed;

  /**
   * Creates an error.
   *
   * @param region device and region
   * @param missed the first write the subscriber did not see
   */
  public RegionWriteOverflowException(String region, RegionWrite missed) {
    super(
        "watch writes",
        region,
        "the subscriber had no demand for " + missed,
        "request more, or put onBackpressureBuffer or onBackpressureDrop after writes()");
    this.missed = missed;
  }

  /**
   * The first write the subscriber did not see.
   *
   * @return the write
   */
  public RegionWrite missed() {
    return missed;
  }
}
