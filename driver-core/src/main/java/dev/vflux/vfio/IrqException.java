package dev.vflux.vfio;

/** An interrupt operation that the device does not offer. Immutable; any thread. */
public final class IrqException extends DriverException {

  private static final long serialVersionUID = 1L;

  private final IrqIndex index;

  /**
   * Creates an error.
   *
   * @param operation what was attempted, for instance {@code "mask"}
   * @param device the device's name
   * @param index the interrupt index
   * @param answer why it cannot be
   * @param advice what to try next, may be empty
   */
  public IrqException(
      String operation, String device, IrqIndex index, String answer, String advice) {
    super(operation, device + " " + index, answer, advice);
    this.index = index;
  }

  /**
   * The interrupt index.
   *
   * @return the index the operation was meant for
   */
  public IrqIndex index() {
    return index;
  }
}
