package dev.vflux.hda;

import dev.vflux.vfio.IrqIndex;

/** A served interrupt, copied out of the flyweight. Immutable; any thread. */
record ServedSnapshot(
    IrqIndex index,
    int vector,
    long count,
    long nanoTime,
    int completed,
    int starved,
    int failed,
    boolean controller,
    int responses,
    boolean dsp)
    implements ServedInterrupt {

  @Override
  public ServedInterrupt snapshot() {
    return this;
  }
}
