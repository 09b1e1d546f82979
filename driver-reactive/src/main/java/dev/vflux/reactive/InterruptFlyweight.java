package dev.vflux.reactive;

import dev.vflux.vfio.IrqIndex;

/** What onNext receives: one object per subscription, open only while onNext runs. */
final class InterruptFlyweight implements Interrupt {

  private final InterruptFlux source;
  private long count;
  private long nanoTime;
  private boolean open;

  InterruptFlyweight(InterruptFlux source) {
    this.source = source;
  }

  void open(long count, long nanoTime) {
    this.count = count;
    this.nanoTime = nanoTime;
    this.open = true;
  }

  void close() {
    open = false;
  }

  // the thread first: open belongs to the loop
  private void check() {
    if (!source.inEventLoop() || !open) {
      throw new IllegalStateException(
          "this Interrupt of "
              + source
              + " is valid only inside onNext on the loop; take a snapshot() there to keep it");
    }
  }

  @Override
  public IrqIndex index() {
    check();
    return source.irqIndex();
  }

  @Override
  public int vector() {
    check();
    return source.vector();
  }

  @Override
  public long count() {
    check();
    return count;
  }

  @Override
  public long nanoTime() {
    check();
    return nanoTime;
  }

  @Override
  public void unmask() {
    check();
    source.unmask();
  }

  @Override
  public Interrupt snapshot() {
    check();
    return new InterruptSnapshot(source, count, nanoTime);
  }

  @Override
  public String toString() {
    return source.inEventLoop() && open ? source + " x" + count : source + " (delivered)";
  }
}
