package dev.vflux.vfio;

/** A device address that cannot be understood or names nothing. Immutable; any thread. */
public final class DeviceUriException extends DriverException {

  private static final long serialVersionUID = 1L;

  /**
   * Creates an error.
   *
   * @param uri the text as given
   * @param answer what is wrong with it
   * @param advice what to try, may be empty
   */
  public DeviceUriException(String uri, String answer, String advice) {
    super("open", "'" + uri + "'", answer, advice);
  }
}
