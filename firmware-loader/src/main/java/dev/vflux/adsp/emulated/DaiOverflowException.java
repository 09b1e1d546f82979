package dev.vflux.adsp.emulated;

import dev.vflux.vfio.DriverException;

/**
 * A subscriber of a {@link DaiTap} did not ask for what arrived, and more came than is kept for it.
 * It has got all that was kept, and no more. Immutable; any thread.
 */
public final class DaiOverflowException extends DriverException {

  private static final long serialVersionUID = 1L;

  private final int kept;

  DaiOverflowException(String tap, int kept) {
    super(
        "listen",
        "DAI tap " + tap,
        "more than " + kept + " chunks arrived that were not requested",
        "request more, in time, or drop what is not needed");
    this.kept = kept;
  }

  /**
   * How much is kept for a subscriber beyond what it has requested.
   *
   * @return chunks
   */
  public int kept() {
    return kept;
  }
}
