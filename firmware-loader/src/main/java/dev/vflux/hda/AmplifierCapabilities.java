package dev.vflux.hda;

import java.util.Locale;

/**
 * What an amplifier can do (HDA 1.0a, 7.3.4.10). Gain is set in steps of equal size; step {@link
 * #offset} is 0 dB. Immutable; any thread.
 *
 * @param word the codec's answer: offset in bits 6:0, steps in 14:8, their size in 22:16, mute in
 *     31
 */
public record AmplifierCapabilities(int word) {

  /** Decibels of the smallest step size, field value 0. */
  private static final double DECIBEL_UNIT = 0.25;

  private static final int STEPS_SHIFT = 8;
  private static final int SIZE_SHIFT = 16;
  private static final int FIELD = 0x7f;
  private static final int MUTE = 1 << 31;

  /**
   * The step that is 0 dB.
   *
   * @return what the codec says, but no more than {@link #steps}
   */
  public int offset() {
    return Math.min(word & FIELD, steps());
  }

  /**
   * The highest step; 0 when gain cannot be changed.
   *
   * @return 0 to 127
   */
  public int steps() {
    return word >>> STEPS_SHIFT & FIELD;
  }

  /**
   * How far one step changes the gain.
   *
   * @return decibels, 0.25 to 32
   */
  public double stepSize() {
    return DECIBEL_UNIT * ((word >>> SIZE_SHIFT & FIELD) + 1);
  }

  /**
   * Whether it can mute.
   *
   * @return true when it has a mute bit
   */
  public boolean canMute() {
    return (word & MUTE) != 0;
  }

  /**
   * The gain of a step.
   *
   * @param step 0 to {@link #steps}
   * @return decibels
   */
  public double gain(int step) {
    return (step - offset()) * stepSize();
  }

  /**
   * The smallest gain.
   *
   * @return decibels
   */
  public double minimum() {
    return gain(0);
  }

  /**
   * The largest gain.
   *
   * @return decibels
   */
  public double maximum() {
    return gain(steps());
  }

  /** The step nearest to a gain; of what is out of reach, the last step on that side. */
  int nearest(double gain) {
    long step = Math.round(gain / stepSize()) + offset();
    return (int) Math.max(0, Math.min(steps(), step));
  }

  @Override
  public String toString() {
    String range =
        steps() == 0
            ? ""
            : String.format(
                Locale.ROOT, "%.2f to %.2f dB in steps of %.2f", minimum(), maximum(), stepSize());
    String mute = canMute() ? "mute" : "";
    return range + (range.isEmpty() || mute.isEmpty() ? "" : ", ") + mute;
  }
}
