package dev.vflux.ipc;

import dev.vflux.vfio.DriverException;

/** A firmware that says it is ready with a message that cannot be right. Immutable; any thread. */
public final class FwReadyException extends DriverException {

  private static final long serialVersionUID = 1L;

  /** What is wrong. */
  public enum Reason {
    /** The message is not FW_READY, or its sizes lead out of the mailbox. */
    MALFORMED,
    /** The firmware speaks another major version of the ABI. */
    INCOMPATIBLE_ABI,
    /** The windows are missing, of unknown type, or do not lie inside the DSP's memory windows. */
    BAD_WINDOWS,
    /** The windows are not those the image announced. */
    WINDOWS_DIFFER
  }

  private final Reason reason;

  FwReadyException(Reason reason, String field, String answer, String advice) {
    super("read FW_READY", field, answer, advice);
    this.reason = reason;
  }

  /**
   * What is wrong.
   *
   * @return the reason
   */
  public Reason reason() {
    return reason;
  }
}
