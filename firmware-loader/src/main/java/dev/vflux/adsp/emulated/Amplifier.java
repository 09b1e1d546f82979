package dev.vflux.adsp.emulated;

import java.util.Arrays;

/**
 * Gain and mute of a widget's input or output amplifier, left and right, for each input. State
 * only: the analogue side of the codec makes no sound here. HDA 1.0a, 7.3.3.7 and 7.3.4.10. Used
 * under the board's lock.
 */
final class Amplifier {

  private static final int SET_OUTPUT = 0x8000;
  private static final int SET_INPUT = 0x4000;
  private static final int SET_LEFT = 0x2000;
  private static final int SET_RIGHT = 0x1000;
  private static final int SET_INDEX_SHIFT = 8;
  private static final int GET_OUTPUT = 0x8000;
  private static final int GET_LEFT = 0x2000;
  private static final int INDEX = 0xf;
  private static final int MUTE = 0x80;
  private static final int GAIN = 0x7f;
  private static final int CAPS_MUTE = 1 << 31;
  private static final int CAPS_STEPS_SHIFT = 8;

  private final boolean output;
  private final int steps;
  private final int mute;
  private final int resetValue;
  private final int[] left;
  private final int[] right;

  /** An amplifier with the capabilities of parameter 0x0D or 0x12; muted at 0 dB out of reset. */
  Amplifier(boolean output, int capabilities, int inputs) {
    this.output = output;
    this.steps = capabilities >>> CAPS_STEPS_SHIFT & GAIN;
    this.mute = (capabilities & CAPS_MUTE) == 0 ? 0 : MUTE;
    this.resetValue = mute | (capabilities & GAIN);
    this.left = new int[inputs];
    this.right = new int[inputs];
    reset();
  }

  void reset() {
    Arrays.fill(left, resetValue);
    Arrays.fill(right, resetValue);
  }

  /** Whether a get verb asks this one. */
  boolean asked(int payload) {
    return output == ((payload & GET_OUTPUT) != 0) && (payload & INDEX) < left.length;
  }

  int get(int payload) {
    int index = payload & INDEX;
    return (payload & GET_LEFT) != 0 ? left[index] : right[index];
  }

  void set(int payload) {
    int index = output ? 0 : payload >>> SET_INDEX_SHIFT & INDEX;
    boolean meant = (payload & (output ? SET_OUTPUT : SET_INPUT)) != 0;
    if (!meant || index >= left.length) {
      return;
    }
    int value = (payload & mute) | Math.min(payload & GAIN, steps);
    if ((payload & SET_LEFT) != 0) {
      left[index] = value;
    }
    if ((payload & SET_RIGHT) != 0) {
      right[index] = value;
    }
  }
}
