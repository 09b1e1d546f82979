package dev.vflux.ipc;

import java.util.BitSet;

/**
 * The ids that name components, buffers and pipelines to a firmware, which share one space. Driver
 * loop only.
 */
public final class TopologyIds {

  /** The largest id: the firmware's own messages have 16 bits for one. */
  public static final int MAX = 0xffff;

  private final BitSet taken = new BitSet();

  TopologyIds() {}

  /**
   * Takes the smallest free id.
   *
   * @return from 1
   * @throws IllegalStateException when none is left
   */
  public int take() {
    int id = taken.nextClearBit(1);
    if (id > MAX) {
      throw new IllegalStateException("all " + MAX + " ids are taken");
    }
    taken.set(id);
    return id;
  }

  /**
   * Gives an id back, once the firmware has no object of that name any more.
   *
   * @param id as taken
   */
  public void giveBack(int id) {
    taken.clear(id);
  }

  /**
   * How many ids are taken.
   *
   * @return a count
   */
  public int taken() {
    return taken.cardinality();
  }
}
