package dev.vflux.audio;

import java.nio.ByteBuffer;

/** A period with memory of its own. Immutable but for the buffer's position; any thread. */
record PeriodSnapshot(ByteBuffer buffer, long number, long lostBefore) implements PcmPeriod {
  @Override
  public PcmPeriod snapshot() {
    return this;
  }
}
