package dev.vflux.reactive;

import dev.vflux.vfio.IrqIndex;
import org.jspecify.annotations.Nullable;

/** What onNext receives: one object per subscription, open only while onNext runs. */
final class InterruptFlyweight implements Interrupt {

  private final InterruptFlux source;
  private long count;
  private long nanoTime;
  private boolean open;

  // set by that thread itself, so that no other thread can ever see its own here
  private @Nullable Thread loopThread;

  InterruptFlyweight(InterruptFlux source) {
    this.source = source;
  }

  void open(long count, long nanoTime) {
    this.count = count;
    this.nanoTime = nanoTime;
    this.open = true;
    if (loopThread == null) {
      loopThread = Thread.currentThread();
    }
  }

  void close() {
    open = false;
  }

  private boolean isValid() {
    return Thread.currentThread() == loopThread && open;
  }

  private void check() {
    if (!isValid()) {
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
    return isValid() ? source + " x" + count : source + " (delivered)";
  }
}
