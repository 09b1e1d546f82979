package dev.vflux.hda;

/**
 * What a widget is and has (HDA 1.0a, 7.3.4.6). Immutable; any thread.
 *
 * @param word the codec's answer
 */
public record WidgetCapabilities(int word) {

  private static final int STEREO = 1;
  private static final int INPUT_AMPLIFIER = 1 << 1;
  private static final int OUTPUT_AMPLIFIER = 1 << 2;
  private static final int AMPLIFIER_OVERRIDE = 1 << 3;
  private static final int FORMAT_OVERRIDE = 1 << 4;
  private static final int UNSOLICITED = 1 << 7;
  private static final int CONNECTION_LIST = 1 << 8;
  private static final int DIGITAL = 1 << 9;
  private static final int POWER_CONTROL = 1 << 10;
  private static final int CHANNELS_EXTENSION_SHIFT = 13;
  private static final int CHANNELS_EXTENSION = 0x7;
  private static final int TYPE_SHIFT = 20;
  private static final int TYPE = 0xf;

  private boolean has(int bit) {
    return (word & bit) != 0;
  }

  /**
   * What kind of widget it is.
   *
   * @return the type
   */
  public WidgetType type() {
    return WidgetType.of(word >>> TYPE_SHIFT & TYPE);
  }

  /**
   * How many channels it has.
   *
   * @return 1 to 16
   */
  public int channels() {
    int extension = word >>> CHANNELS_EXTENSION_SHIFT & CHANNELS_EXTENSION;
    return (extension << 1 | (word & STEREO)) + 1;
  }

  /**
   * Whether its samples stay digital: S/PDIF, HDMI.
   *
   * @return true when it is digital
   */
  public boolean digital() {
    return has(DIGITAL);
  }

  /**
   * Whether it can send unsolicited responses.
   *
   * @return true when it can
   */
  public boolean unsolicited() {
    return has(UNSOLICITED);
  }

  boolean hasInputAmplifier() {
    return has(INPUT_AMPLIFIER);
  }

  boolean hasOutputAmplifier() {
    return has(OUTPUT_AMPLIFIER);
  }

  /** Whether its amplifiers are not like its function group's. */
  boolean overridesAmplifiers() {
    return has(AMPLIFIER_OVERRIDE);
  }

  /** Whether its formats are not its function group's. */
  boolean overridesFormats() {
    return has(FORMAT_OVERRIDE);
  }

  boolean hasConnectionList() {
    return has(CONNECTION_LIST);
  }

  boolean hasPowerControl() {
    return has(POWER_CONTROL);
  }
}
