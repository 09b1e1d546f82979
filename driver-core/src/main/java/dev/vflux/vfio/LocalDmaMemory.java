package dev.vflux.vfio;

import java.nio.ByteBuffer;

/** Memory of this process, which may be a file that others can map. */
record LocalDmaMemory(ByteBuffer bytes, int fd) implements DmaMemory {

  @Override
  public void read(long offset, ByteBuffer target) {
    int length = target.remaining();
    target.put(target.position(), bytes, (int) offset, length);
    target.position(target.position() + length);
  }

  @Override
  public void write(long offset, ByteBuffer source) {
    int length = source.remaining();
    bytes.put((int) offset, source, source.position(), length);
    source.position(source.position() + length);
  }
}
