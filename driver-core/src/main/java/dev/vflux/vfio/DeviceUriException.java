package dev.vflux.vfio;

/** A device address that cannot be understood or names nothing. Immutable; any thread. */
public final class DeviceUriException extends DriverException {

  private static final long serialVersionUID = 1L;

  private static final int SHOWN = 200;

  /**
   * Creates an error.
   *
   * @param uri the text as given
   * @param answer what is wrong with it
   * @param advice what to try, may be empty
   */
  public DeviceUriException(String uri, String answer, String advice) {
    super("open", "'" + shortened(uri) + "'", shortened(answer), advice);
  }

  private static String shortened(String text) {
    return text.length() <= SHOWN ? text : text.substring(0, SHOWN) + "...";
  }
}
