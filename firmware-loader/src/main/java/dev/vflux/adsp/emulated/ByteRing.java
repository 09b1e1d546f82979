package dev.vflux.adsp.emulated;

import java.nio.ByteBuffer;

/** A ring of bytes in DSP memory between a DMA and the firmware. Used under the board's lock. */
final class ByteRing {

  private final byte[] bytes;
  private int first;
  private int filled;

  ByteRing(int capacity) {
    bytes = new byte[capacity];
  }

  int available() {
    return filled;
  }

  int room() {
    return bytes.length - filled;
  }

  /** Takes all remaining bytes; never more than its room. */
  void put(ByteBuffer source) {
    while (source.hasRemaining()) {
      int at = (first + filled) % bytes.length;
      int length = Math.min(source.remaining(), bytes.length - at);
      source.get(bytes, at, length);
      filled += length;
    }
  }

  /** Fills a buffer; never with more than is available. */
  void take(ByteBuffer target) {
    while (target.hasRemaining()) {
      int length = Math.min(target.remaining(), bytes.length - first);
      target.put(bytes, first, length);
      first = (first + length) % bytes.length;
      filled -= length;
    }
  }
}
