package dev.vflux.hda;

/**
 * What a pin can do (HDA 1.0a, 7.3.4.9). Immutable; any thread.
 *
 * @param word the codec's answer
 */
public record PinCapabilities(int word) {

  private static final int PRESENCE_DETECT = 1 << 2;
  private static final int HEADPHONE_DRIVE = 1 << 3;
  private static final int OUTPUT = 1 << 4;
  private static final int INPUT = 1 << 5;
  private static final int HDMI = 1 << 7;
  private static final int VREF_50 = 1 << 9;
  private static final int VREF_80 = 1 << 12;
  private static final int VREF_100 = 1 << 13;
  private static final int EAPD = 1 << 16;
  private static final int DISPLAY_PORT = 1 << 24;

  // as the pin's control takes them (7.3.3.13)
  private static final int CONTROL_VREF_HIZ = 0;
  private static final int CONTROL_VREF_50 = 1;
  private static final int CONTROL_VREF_80 = 4;
  private static final int CONTROL_VREF_100 = 5;

  private boolean has(int bit) {
    return (word & bit) != 0;
  }

  /**
   * Whether a signal can go out here.
   *
   * @return true for an output
   */
  public boolean output() {
    return has(OUTPUT);
  }

  /**
   * Whether a signal can come in here.
   *
   * @return true for an input
   */
  public boolean input() {
    return has(INPUT);
  }

  /**
   * Whether it can drive headphones.
   *
   * @return true when it can
   */
  public boolean headphoneDrive() {
    return has(HEADPHONE_DRIVE);
  }

  /**
   * Whether it notices that something is plugged in.
   *
   * @return true when it does
   */
  public boolean presenceDetect() {
    return has(PRESENCE_DETECT);
  }

  /**
   * Whether it switches an external amplifier: EAPD.
   *
   * @return true when it has EAPD
   */
  public boolean eapd() {
    return has(EAPD);
  }

  /**
   * Whether it leads to a display.
   *
   * @return true for HDMI and DisplayPort
   */
  public boolean display() {
    return has(HDMI) || has(DISPLAY_PORT);
  }

  /** VREF for a microphone as the pin's control takes it: 80 %, else 50 %, 100 %, Hi-Z. */
  int microphoneVref() {
    if (has(VREF_80)) {
      return CONTROL_VREF_80;
    }
    if (has(VREF_50)) {
      return CONTROL_VREF_50;
    }
    return has(VREF_100) ? CONTROL_VREF_100 : CONTROL_VREF_HIZ;
  }
}
