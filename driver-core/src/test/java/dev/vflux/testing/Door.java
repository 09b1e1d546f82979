package dev.vflux.testing;

/** The three ways to a device, by the scheme of its address. */
public enum Door {
  /** A model in this process. */
  EMULATED("emulated"),

  /** A model behind a socket, in a server. */
  VFIO_USER("vfio-user"),

  /** The real kernel's VFIO, in the {@link Guest}. */
  KERNEL("kernel");

  private final String title;

  Door(String title) {
    this.title = title;
  }

  /**
   * The door of an address.
   *
   * @param address for instance {@code vfio-user:/tmp/edu}
   * @return the door that its scheme names
   */
  public static Door of(String address) {
    String scheme = address.substring(0, address.indexOf(':'));
    return switch (scheme) {
      case "emulated" -> EMULATED;
      case "vfio-user" -> VFIO_USER;
      case "vfio" -> KERNEL;
      default -> throw new IllegalArgumentException("no door has the scheme of " + address);
    };
  }

  /**
   * Its name in the table.
   *
   * @return the column's title
   */
  public String title() {
    return title;
  }
}
