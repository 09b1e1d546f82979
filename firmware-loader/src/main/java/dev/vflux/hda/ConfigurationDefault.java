package dev.vflux.hda;

import java.util.List;

/**
 * What the machine's maker has connected to a pin (HDA 1.0a, 7.3.3.31). Immutable; any thread.
 *
 * @param word the codec's answer
 */
public record ConfigurationDefault(int word) {

  /** Whether there is something at the pin. */
  public enum Connectivity {
    /** A jack, in which something may be plugged. */
    JACK,
    /** Nothing. */
    NONE,
    /** Something that cannot be unplugged. */
    FIXED,
    /** A jack and something fixed. */
    BOTH
  }

  /** Where it is, roughly. */
  public enum Location {
    /** Outside of the primary chassis. */
    EXTERNAL,
    /** Inside. */
    INTERNAL,
    /** On a separate chassis. */
    SEPARATE,
    /** Elsewhere. */
    OTHER
  }

  /** What it is meant for. */
  public enum Device {
    /** Line out. */
    LINE_OUT,
    /** Speaker. */
    SPEAKER,
    /** Headphones. */
    HEADPHONES,
    /** CD. */
    CD,
    /** S/PDIF out. */
    SPDIF_OUT,
    /** Another digital output. */
    DIGITAL_OUT,
    /** Modem, line side. */
    MODEM_LINE,
    /** Modem, handset side. */
    MODEM_HANDSET,
    /** Line in. */
    LINE_IN,
    /** Auxiliary. */
    AUX,
    /** Microphone. */
    MICROPHONE,
    /** Telephony. */
    TELEPHONY,
    /** S/PDIF in. */
    SPDIF_IN,
    /** Another digital input. */
    DIGITAL_IN,
    /** A code that the specification does not have. */
    RESERVED,
    /** Something else. */
    OTHER
  }

  /** The jack's colour. */
  public enum Colour {
    /** Not known. */
    UNKNOWN,
    /** Black. */
    BLACK,
    /** Grey. */
    GREY,
    /** Blue. */
    BLUE,
    /** Green. */
    GREEN,
    /** Red. */
    RED,
    /** Orange. */
    ORANGE,
    /** Yellow. */
    YELLOW,
    /** Purple. */
    PURPLE,
    /** Pink. */
    PINK,
    /** A code that the specification does not have. */
    RESERVED,
    /** White. */
    WHITE,
    /** Another one. */
    OTHER
  }

  private static final int CONNECTIVITY_SHIFT = 30;
  private static final int LOCATION_SHIFT = 28;
  private static final int DEVICE_SHIFT = 20;
  private static final int COLOUR_SHIFT = 12;
  private static final int ASSOCIATION_SHIFT = 4;
  private static final int TWO_BITS = 0x3;
  private static final int FOUR_BITS = 0xf;

  // by their codes
  private static final List<Connectivity> CONNECTIVITIES = List.of(Connectivity.values());
  private static final List<Location> LOCATIONS = List.of(Location.values());
  private static final List<Device> DEVICES = List.of(Device.values());
  private static final List<Colour> COLOURS =
      List.of(
          Colour.UNKNOWN,
          Colour.BLACK,
          Colour.GREY,
          Colour.BLUE,
          Colour.GREEN,
          Colour.RED,
          Colour.ORANGE,
          Colour.YELLOW,
          Colour.PURPLE,
          Colour.PINK,
          Colour.RESERVED,
          Colour.RESERVED,
          Colour.RESERVED,
          Colour.RESERVED,
          Colour.WHITE,
          Colour.OTHER);

  /**
   * Whether there is something at the pin.
   *
   * @return bits 31:30
   */
  public Connectivity connectivity() {
    return CONNECTIVITIES.get(word >>> CONNECTIVITY_SHIFT & TWO_BITS);
  }

  /**
   * Where it is, roughly.
   *
   * @return bits 29:28
   */
  public Location location() {
    return LOCATIONS.get(word >>> LOCATION_SHIFT & TWO_BITS);
  }

  /**
   * What it is meant for.
   *
   * @return bits 23:20
   */
  public Device device() {
    return DEVICES.get(word >>> DEVICE_SHIFT & FOUR_BITS);
  }

  /**
   * The jack's colour.
   *
   * @return bits 15:12
   */
  public Colour colour() {
    return COLOURS.get(word >>> COLOUR_SHIFT & FOUR_BITS);
  }

  /**
   * Which pins it belongs together with; lower numbers come first.
   *
   * @return bits 7:4; 15 for a pin that stands alone, 0 is reserved
   */
  public int association() {
    return word >>> ASSOCIATION_SHIFT & FOUR_BITS;
  }

  /**
   * Its place in the association.
   *
   * @return bits 3:0
   */
  public int sequence() {
    return word & FOUR_BITS;
  }
}
