package dev.vflux.adsp;

import dev.vflux.ipc.IpcMessage;
import dev.vflux.vfio.DriverException;

/** The firmware has panicked while it was booting. Immutable; any thread. */
public final class FirmwarePanicException extends DriverException {

  private static final long serialVersionUID = 1L;

  private final transient IpcMessage message;

  FirmwarePanicException(String device, IpcMessage message) {
    super(
        "wait for firmware",
        device,
        "it panicked: " + message.describe(),
        "this firmware does not run on this device; try another version");
    this.message = message;
  }

  /**
   * What it said.
   *
   * @return the doorbell's words
   */
  public IpcMessage message() {
    return message;
  }
}
