package dev.vflux.adsp;

import dev.vflux.vfio.DriverException;

/** There is no firmware that could be used. Immutable; any thread. */
public final class NotRunningException extends DriverException {

  private static final long serialVersionUID = 1L;

  /** Why not. */
  public enum Reason {
    /** None was booted, or it was powered down, or a boot is under way. */
    NOTHING_RUNS,
    /** One runs, but it speaks IPC4, which this driver boots and does not speak. */
    OTHER_PROTOCOL
  }

  private final Reason reason;

  private NotRunningException(Reason reason, String device, String answer, String advice) {
    super("use firmware", device, answer, advice);
    this.reason = reason;
  }

  static NotRunningException nothingRuns(String device, boolean boots) {
    return new NotRunningException(
        Reason.NOTHING_RUNS,
        device,
        boots ? "it is being booted" : "no firmware runs",
        boots ? "wait until the boot has completed" : "boot one first");
  }

  static NotRunningException otherProtocol(String device) {
    return new NotRunningException(
        Reason.OTHER_PROTOCOL,
        device,
        "the firmware speaks IPC4",
        "boot a firmware that speaks IPC3");
  }

  /**
   * Why not.
   *
   * @return the reason
   */
  public Reason reason() {
    return reason;
  }
}
