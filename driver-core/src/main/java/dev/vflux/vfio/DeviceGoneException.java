package dev.vflux.vfio;

import java.util.Optional;

/**
 * The device is no longer there: a register read all ones where it cannot, the kernel cannot reach
 * it any more, or the process that serves it has gone. Waiting would not help, so nothing waits;
 * what was mapped and enabled has ended with the device. Immutable; any thread.
 */
public final class DeviceGoneException extends DriverException {

  private static final long serialVersionUID = 1L;

  private final String register;

  private DeviceGoneException(
      String operation, String device, String answer, String advice, String register) {
    super(operation, device, answer, advice);
    this.register = register;
  }

  /**
   * A register read all ones where it cannot.
   *
   * @param device the device's name
   * @param register the register's mnemonic
   * @param diagnosis what the configuration space says about it
   * @return the error
   */
  public static DeviceGoneException allOnes(String device, String register, String diagnosis) {
    return new DeviceGoneException(
        "read " + register,
        device,
        "all ones: " + diagnosis,
        "check the device's power state, the COMMAND register and the slot, then open it again",
        register);
  }

  /**
   * An access failed, and the configuration space does not answer either.
   *
   * @param operation what was attempted
   * @param device the device's name
   * @param answer how it failed
   * @return the error
   */
  public static DeviceGoneException vanished(String operation, String device, String answer) {
    return new DeviceGoneException(
        operation,
        device,
        "the device is gone: " + answer + ", and its configuration space does not answer",
        "see the slot and the kernel's log, then open it again",
        "");
  }

  /**
   * The other end of the device's connection has gone.
   *
   * @param operation what was attempted
   * @param device the device's name
   * @param reason how the connection ended
   * @return the error
   */
  public static DeviceGoneException disconnected(String operation, String device, String reason) {
    return new DeviceGoneException(
        operation, device, "the device is gone: " + reason, "open it again once it is served", "");
  }

  /**
   * Which register read all ones.
   *
   * @return its mnemonic; empty when the device was found gone in another way
   */
  public Optional<String> register() {
    return register.isEmpty() ? Optional.empty() : Optional.of(register);
  }
}
