package dev.vflux.hda;

import java.util.List;
import java.util.stream.IntStream;

/**
 * The power states of a widget or function group (HDA 1.0a, 7.3.4.12, and its extended power
 * states). Immutable; any thread.
 *
 * @param word the codec's answer
 */
public record PowerStates(int word) {

  private static final int FIRST_STATES = 4;
  private static final int CLOCK_STOP = 1 << 30;
  private static final int EXTENDED = 1 << 31;

  /**
   * The states it has.
   *
   * @return some of 0 to 3, for D0 to D3; empty when the codec does not say
   */
  public List<Integer> states() {
    return IntStream.range(0, FIRST_STATES)
        .filter(state -> (word >>> state & 1) != 0)
        .boxed()
        .toList();
  }

  /**
   * Whether the link's clock may stop in D3.
   *
   * @return CLKSTOP
   */
  public boolean clockMayStop() {
    return (word & CLOCK_STOP) != 0;
  }

  /**
   * Whether settings survive D3.
   *
   * @return EPSS
   */
  public boolean extended() {
    return (word & EXTENDED) != 0;
  }
}
