package dev.vflux.audio;

import java.nio.ByteBuffer;

/**
 * Fills the ring ahead of the DMA and knows what the DMA found: a period counts as written when it
 * is whole. Periods are counted from the start of the stream. What is not written is silent, so
 * that the DMA never plays a period twice; nothing is zeroed while the ring is kept full. Driver
 * loop only.
 */
final class RingWriter {

  private final PcmRing ring;
  private final int periods;
  private final int periodBytes;
  private boolean running;
  private long played;
  private long written;
  private int partial;
  private long silent;
  private boolean starving;
  private long silentBytes;
  private long acceptedBytes;

  RingWriter(PcmRing ring) {
    this.ring = ring;
    this.periods = ring.periods();
    this.periodBytes = ring.periodBytes();
    // new DMA memory is zeroed
    this.silent = periods;
  }

  /** The DMA runs from now on: what it is at can no longer be written. */
  void running() {
    running = true;
  }

  /** Whether no byte can be taken. */
  boolean full() {
    return written >= played + periods;
  }

  /** The periods the DMA has finished. */
  long played() {
    return played;
  }

  /** The periods that are written, or were skipped. */
  long written() {
    return written;
  }

  /**
   * Bytes of silence the DMA has found, or finds in the period it is at, where data were missing.
   */
  long silentBytes() {
    return silentBytes;
  }

  /** Bytes taken from sources. */
  long acceptedBytes() {
    return acceptedBytes;
  }

  /** Bytes between the end of what is written and the beginning of the stream, silence included. */
  long writtenBytes() {
    return written * periodBytes + partial;
  }

  /** Copies as much as there is room for; the source's position moves. */
  void write(ByteBuffer source) {
    int limit = source.limit();
    while (source.hasRemaining() && !full()) {
      int bytes = Math.min(source.remaining(), periodBytes - partial);
      source.limit(source.position() + bytes);
      ring.write(written, partial, source);
      source.limit(limit);
      accepted(bytes);
    }
  }

  private void accepted(int bytes) {
    acceptedBytes += bytes;
    partial += bytes;
    if (partial == periodBytes) {
      partial = 0;
      written++;
    }
  }

  /** The next period, to be filled in place; not while it is partly written. */
  ByteBuffer next() {
    return ring.view(written);
  }

  /** The period that {@link #next} gave is filled so far; the rest becomes silent. */
  void filled(int bytes) {
    ring.silence(written, bytes);
    acceptedBytes += bytes;
    written++;
  }

  /** No more comes: the last period is padded with silence. */
  void finish() {
    if (partial > 0) {
      ring.silence(written, partial);
      partial = 0;
      written++;
    }
    silenceAhead();
  }

  /** What is not written becomes silent, as far as the DMA can get before the next look. */
  void silenceAhead() {
    if (partial > 0 && silent <= written) {
      ring.silence(written, partial);
      silent = written + 1;
    }
    silent = Math.max(silent, written);
    while (silent < played + periods) {
      ring.silence(silent, 0);
      silent++;
    }
  }

  /**
   * The DMA has finished more periods. What it is at and was not written is lost to the source: it
   * stays silent.
   *
   * @return whether this begins an under-run
   */
  boolean played(long total) {
    played = total;
    if (!running || played < written) {
      starving = false;
      return false;
    }
    silentBytes += (played + 1 - written) * periodBytes - partial;
    partial = 0;
    written = played + 1;
    boolean begins = !starving;
    starving = true;
    return begins;
  }

  /** As {@link #played(long)} when nothing more is expected: silence is what shall be played. */
  void drained(long total) {
    played = total;
    written = Math.max(written, played + 1);
    silenceAhead();
  }
}
