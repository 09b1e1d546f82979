package dev.vflux.adsp.emulated;

import java.nio.ByteBuffer;

/** What is connected to a DAC. Used under the board's lock. */
interface DaiSink {

  /** Nothing is. */
  DaiSink NOTHING = (tag, format, frames) -> {};

  /** Frames have arrived, as they were on the link; the buffer is the caller's. */
  void accept(int tag, int format, ByteBuffer frames);

  /** An output stream has stopped. */
  default void streamStopped() {}
}
