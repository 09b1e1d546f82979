package dev.vflux.reactive;

import dev.vflux.vfio.IrqIndex;

/** A delivery, copied out of the flyweight. Immutable; any thread. */
record InterruptSnapshot(InterruptFlux source, long count, long nanoTime) implements Interrupt {

  @Override
  public IrqIndex index() {
    return source.irqIndex();
  }

  @Override
  public int vector() {
    return source.vector();
  }

  @Override
  public void unmask() {
    source.unmask();
  }

  @Override
  public Interrupt snapshot() {
    return this;
  }

  @Override
  public String toString() {
    return source + " x" + count;
  }
}
