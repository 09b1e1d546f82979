package dev.vflux.hda;

import dev.vflux.vfio.DriverException;

/**
 * A register read all ones where it cannot: the device is gone, powered down, or its memory decode
 * is off. Waiting would not help, so nothing waits. Immutable; any thread.
 */
public final class DeviceGoneException extends DriverException {

  private static final long serialVersionUID = 1L;

  private final String register;

  /**
   * Creates an error.
   *
   * @param device the device's name
   * @param register the register that read all ones
   * @param diagnosis what the configuration space says about it
   */
  public DeviceGoneException(String device, String register, String diagnosis) {
    super(
        "read " + register,
        device,
        "all ones: " + diagnosis,
        "check the device's power state, the COMMAND register and the slot, then open it again");
    this.register = register;
  }

  /**
   * Which register read all ones.
   *
   * @return its mnemonic
   */
  public String register() {
    return register;
  }
}
