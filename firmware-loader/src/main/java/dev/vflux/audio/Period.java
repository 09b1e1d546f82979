package dev.vflux.audio;

import java.nio.ByteBuffer;

/**
 * A period of the ring, to be filled in place. Valid until {@code onNext} returns; what was put
 * into {@link #buffer()} until then is played, the rest of the period is silence. Driver loop only.
 */
public interface Period {

  /**
   * The memory the DMA reads, from position 0 to the period's end, little-endian.
   *
   * @return the buffer; its position when {@code onNext} returns says how much was filled, whole
   *     frames
   */
  ByteBuffer buffer();

  /**
   * Its number.
   *
   * @return counted from 0 since the start of the stream; periods skipped by an under-run count
   */
  long number();

  /** Says that this is the last one: what is in it is played, then the stream completes. */
  void last();
}
