package dev.vflux.emulated;

import dev.vflux.vfio.DriverException;

/** An option of an emulated device that does not exist or cannot be used. Immutable; any thread. */
public final class DeviceOptionException extends DriverException {

  private static final long serialVersionUID = 1L;

  private final String option;
  private final String value;

  /**
   * Creates an error.
   *
   * @param option the option's name
   * @param value its value as given
   * @param answer what is wrong with it
   * @param advice what to try, may be empty
   */
  public DeviceOptionException(String option, String value, String answer, String advice) {
    super("set device option", "'" + option + "=" + value + "'", answer, advice);
    this.option = option;
    this.value = value;
  }

  /**
   * Which option.
   *
   * @return its name as given
   */
  public String option() {
    return option;
  }

  /**
   * What it was set to.
   *
   * @return the value as given
   */
  public String value() {
    return value;
  }
}
