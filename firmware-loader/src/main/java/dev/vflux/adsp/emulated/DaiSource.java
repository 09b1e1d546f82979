package dev.vflux.adsp.emulated;

import java.nio.ByteBuffer;

/** What an ADC hears. Used under the board's lock. */
interface DaiSource {

  /** Silence. */
  DaiSource SILENCE = (tag, format, frames) -> {};

  /** A stream begins to hear it. */
  default void rewind() {}

  /** Puts whole frames until the buffer is full or there are no more. */
  void fill(int tag, int format, ByteBuffer frames);
}
