package dev.vflux.adsp.emulated;

import java.nio.ByteBuffer;

/** What is at the other end of a stream's DMA. Used under the board's lock. */
interface StreamPort {

  /** Nobody: nothing is taken and nothing comes. */
  StreamPort NONE = new StreamPort() {};

  /** How many bytes of an output stream are taken now. */
  default int room() {
    return 0;
  }

  /** Takes all remaining bytes; never more than {@link #room}. */
  default void accept(ByteBuffer bytes) {
    throw new IllegalStateException("there is no room");
  }

  /** How many bytes for an input stream are there now. */
  default int available() {
    return 0;
  }

  /** Fills a buffer; never with more than {@link #available}. */
  default void supply(ByteBuffer target) {
    throw new IllegalStateException("nothing is available");
  }

  /** Whether a firmware image is being taken. */
  default boolean isCodeLoad() {
    return false;
  }
}
