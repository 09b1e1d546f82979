package dev.vflux.audio;

import java.nio.ByteBuffer;

/**
 * A recorded period. What a {@link Capture} emits is valid until {@code onNext} returns and used
 * again for the next; {@link #snapshot()} is for who keeps or queues it, for instance before {@code
 * publishOn}: {@code capture.periods().map(PcmPeriod::snapshot).publishOn(...)}.
 */
public interface PcmPeriod {

  /**
   * Its samples, whole frames, little-endian.
   *
   * @return a read-only buffer from position 0 to its limit, the same at each call
   */
  ByteBuffer buffer();

  /**
   * Its number.
   *
   * @return counted from 0 since the start of the stream; periods that were lost count
   */
  long number();

  /**
   * How many periods before this one were lost because nobody took them in time.
   *
   * @return 0 when it follows the one emitted before
   */
  long lostBefore();

  /**
   * A copy that stays.
   *
   * @return an immutable period with memory of its own
   */
  PcmPeriod snapshot();
}
