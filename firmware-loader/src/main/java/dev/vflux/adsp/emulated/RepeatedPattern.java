package dev.vflux.adsp.emulated;

import java.nio.ByteBuffer;

/** The same bytes again and again, from their beginning when a stream begins. */
final class RepeatedPattern implements DaiSource {

  private final ByteBuffer pattern;

  RepeatedPattern(ByteBuffer bytes) {
    this.pattern = ByteBuffer.allocate(bytes.remaining()).put(bytes.duplicate()).flip();
  }

  @Override
  public void rewind() {
    pattern.rewind();
  }

  @Override
  public void fill(int tag, int format, ByteBuffer frames) {
    while (frames.hasRemaining()) {
      if (!pattern.hasRemaining()) {
        pattern.rewind();
      }
      int length = Math.min(frames.remaining(), pattern.remaining());
      frames.put(frames.position(), pattern, pattern.position(), length);
      frames.position(frames.position() + length);
      pattern.position(pattern.position() + length);
    }
  }
}
