package dev.vflux.ipc;

import java.util.Optional;

/**
 * The firmware has panicked: it answers no request any more. Immutable; any thread.
 *
 * @see OopsRecord
 */
public final class FirmwarePanicException extends IpcException {

  private static final long serialVersionUID = 1L;

  private final transient IpcMessage message;
  private final transient Optional<OopsRecord> oops;

  private FirmwarePanicException(
      String operation,
      String device,
      IpcMessage message,
      Optional<OopsRecord> oops,
      String record,
      String advice) {
    super(Reason.PANIC, operation, device, "it panicked: " + message.describe() + record, advice);
    this.message = message;
    this.oops = oops;
  }

  /**
   * A panic before the firmware has said where it leaves its record.
   *
   * @param device the device's name
   * @param message what it said
   * @return the error
   */
  public static FirmwarePanicException whileBooting(String device, IpcMessage message) {
    return new FirmwarePanicException(
        "wait for firmware",
        device,
        message,
        Optional.empty(),
        "",
        "this firmware does not run on this device; try another version");
  }

  /** A panic of a firmware that had run; with what it has left, in words. */
  static FirmwarePanicException whileRunning(
      String device, IpcMessage message, Optional<OopsRecord> oops, String record) {
    return new FirmwarePanicException(
        "run firmware",
        device,
        message,
        oops,
        "; " + record,
        "power the DSP down and boot it again");
  }

  /**
   * What it said.
   *
   * @return the doorbell's words
   */
  public IpcMessage message() {
    return message;
  }

  /**
   * What it has left in its exception window.
   *
   * @return the record; empty while booting, and when there is none that can be right
   */
  public Optional<OopsRecord> oops() {
    return oops;
  }
}
