package dev.vflux.vfio;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * The bytes behind a DMA mapping, as a device that runs in this process reaches them: memory of
 * this process, of a file, or of another process. Offsets and lengths lie inside the mapping: the
 * caller has checked them. Any thread; what the methods wait for, if anything, is bounded.
 */
public interface DmaMemory {

  /**
   * Copies bytes out.
   *
   * @param offset byte offset of the first one
   * @param target filled from its position to its limit
   * @throws IOException when the bytes are not there, although they were mapped
   */
  void read(long offset, ByteBuffer target) throws IOException;

  /**
   * Copies bytes in.
   *
   * @param offset byte offset of the first one
   * @param source written from its position to its limit
   * @throws IOException when the bytes are not there, although they were mapped
   */
  void write(long offset, ByteBuffer source) throws IOException;

  /**
   * The file that the bytes are, so that another process can map it.
   *
   * @return its descriptor, valid during {@link DeviceBackend#mapDma} only; -1, as by default, when
   *     the bytes are no file
   */
  default int fd() {
    return -1;
  }

  /**
   * Memory of this process.
   *
   * @param bytes the memory, from index 0; position and limit mean nothing
   * @return the same memory
   */
  static DmaMemory of(ByteBuffer bytes) {
    return new LocalDmaMemory(bytes, -1);
  }
}
