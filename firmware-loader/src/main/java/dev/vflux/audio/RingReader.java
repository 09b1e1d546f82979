package dev.vflux.audio;

/**
 * Which periods of a recording are in the ring: the DMA writes one while the others wait to be
 * taken. Periods are counted from the start of the stream. Driver loop only.
 */
final class RingReader {

  private final int periods;
  private long recorded;
  private long taken;
  private long lost;
  private long overruns;

  RingReader(int periods) {
    this.periods = periods;
  }

  /**
   * The DMA has finished more periods; those it is about to write over are lost.
   *
   * @return whether that was so: an over-run
   */
  boolean recorded(long total) {
    recorded = total;
    long oldest = total - periods + 1;
    if (taken >= oldest) {
      return false;
    }
    lost += oldest - taken;
    taken = oldest;
    overruns++;
    return true;
  }

  boolean available() {
    return taken < recorded;
  }

  /** The next to be taken. */
  long next() {
    return taken;
  }

  void take() {
    taken++;
  }

  long taken() {
    return taken;
  }

  /** Periods nobody took in time. */
  long lost() {
    return lost;
  }

  long overruns() {
    return overruns;
  }
}
