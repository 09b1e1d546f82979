package dev.vflux.hda;

import dev.vflux.reactive.DriverLoop;
import dev.vflux.reactive.Interrupt;
import dev.vflux.vfio.IrqIndex;

/**
 * What was found while an interrupt is served, and what onNext receives of it: one object for each
 * subscription, open only while onNext runs.
 */
final class ServedFlyweight implements ServedInterrupt {

  private final DriverLoop loop;
  private IrqIndex index = IrqIndex.MSI;
  private int vector;
  private long count;
  private long nanoTime;
  private int completed;
  private int starved;
  private int failed;
  private boolean controller;
  private int responses;
  private boolean dsp;
  private boolean open;

  ServedFlyweight(DriverLoop loop) {
    this.loop = loop;
  }

  /** Nothing was found yet. */
  void begin() {
    completed = 0;
    starved = 0;
    failed = 0;
    controller = false;
    responses = 0;
    dsp = false;
  }

  void completed(int stream) {
    completed |= 1 << stream;
  }

  void starved(int stream) {
    starved |= 1 << stream;
  }

  void failed(int stream) {
    failed |= 1 << stream;
  }

  void controller(boolean found, int newResponses) {
    controller |= found;
    responses += newResponses;
  }

  void dsp(boolean found) {
    dsp = found;
  }

  void open(Interrupt interrupt) {
    index = interrupt.index();
    vector = interrupt.vector();
    count = interrupt.count();
    nanoTime = interrupt.nanoTime();
    open = true;
  }

  void close() {
    open = false;
  }

  // the thread first: the rest belongs to the loop
  private void check() {
    if (!loop.inEventLoop() || !open) {
      throw new IllegalStateException(
          "this ServedInterrupt is valid only inside onNext on the loop; take a snapshot() there to"
              + " keep it");
    }
  }

  @Override
  public IrqIndex index() {
    check();
    return index;
  }

  @Override
  public int vector() {
    check();
    return vector;
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
  public int completed() {
    check();
    return completed;
  }

  @Override
  public int starved() {
    check();
    return starved;
  }

  @Override
  public int failed() {
    check();
    return failed;
  }

  @Override
  public boolean controller() {
    check();
    return controller;
  }

  @Override
  public int responses() {
    check();
    return responses;
  }

  @Override
  public boolean dsp() {
    check();
    return dsp;
  }

  @Override
  public ServedInterrupt snapshot() {
    check();
    return new ServedSnapshot(
        index, vector, count, nanoTime, completed, starved, failed, controller, responses, dsp);
  }

  @Override
  public String toString() {
    return loop.inEventLoop() && open ? snapshot().toString() : "interrupt (delivered)";
  }
}
