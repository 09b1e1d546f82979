package dev.vflux.adsp.emulated;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Gain and mute of each channel of a volume component. A gain is a factor with 16 fractional bits;
 * it holds at once, there is no ramp. Used under the board's lock.
 */
final class VolumeControls implements ComponentControls {

  static final int MOST_CHANNELS = 8;

  private static final int UNITY = 1 << 16;
  private static final int FRACTION_BITS = 16;
  private static final int LARGEST = (1 << 23) - 1;
  private static final int VOLUME = 0;
  private static final int SWITCH = 2;
  private static final int PAIR_BYTES = 8;

  private final int least;
  private final int most;
  private final int[] gain = new int[MOST_CHANNELS];
  private final boolean[] muted = new boolean[MOST_CHANNELS];

  /** With the limits of the component; both 0 for the widest ones. */
  VolumeControls(int least, int most) {
    boolean limited = least != 0 || most != 0;
    this.least = Math.max(0, least);
    this.most = limited ? Math.min(most, LARGEST) : LARGEST;
    Arrays.fill(gain, UNITY);
  }

  private static int elements(ByteBuffer control) throws RequestRefusedException {
    int count = control.getInt(ELEMENTS);
    if (count < 1 || count > MOST_CHANNELS || control.limit() < PAYLOAD + count * PAIR_BYTES) {
      throw RequestRefusedException.invalid(count + " channel values");
    }
    return count;
  }

  private static boolean isSwitch(ByteBuffer control) throws RequestRefusedException {
    int kind = control.getInt(KIND);
    if (kind != VOLUME && kind != SWITCH) {
      throw RequestRefusedException.invalid("control kind " + kind + " of a volume");
    }
    return kind == SWITCH;
  }

  @Override
  public void setValue(ByteBuffer control) throws RequestRefusedException {
    boolean mutes = isSwitch(control);
    int count = elements(control);
    for (int i = 0; i < count; i++) {
      int channel = control.getInt(PAYLOAD + i * PAIR_BYTES);
      int value = control.getInt(PAYLOAD + i * PAIR_BYTES + Integer.BYTES);
      if (channel < 0 || channel >= MOST_CHANNELS) {
        throw RequestRefusedException.invalid("channel " + Integer.toUnsignedString(channel));
      }
      if (mutes) {
        muted[channel] = value == 0;
      } else {
        gain[channel] = Math.max(least, Math.min(value, most));
      }
    }
  }

  @Override
  public void getValue(ByteBuffer control) throws RequestRefusedException {
    boolean mutes = isSwitch(control);
    int count = elements(control);
    for (int i = 0; i < count; i++) {
      int value = mutes ? (muted[i] ? 0 : 1) : gain[i];
      control.putInt(PAYLOAD + i * PAIR_BYTES, i);
      control.putInt(PAYLOAD + i * PAIR_BYTES + Integer.BYTES, value);
    }
  }

  /**
   * A sample after this channel's gain: exactly itself at unity, saturated where it gets larger.
   */
  int apply(int sample, int channel) {
    if (muted[channel]) {
      return 0;
    }
    int factor = gain[channel];
    if (factor == UNITY) {
      return sample;
    }
    long product = ((long) sample * factor + (UNITY >> 1)) >> FRACTION_BITS;
    return (int) Math.max(Integer.MIN_VALUE, Math.min(Integer.MAX_VALUE, product));
  }
}
