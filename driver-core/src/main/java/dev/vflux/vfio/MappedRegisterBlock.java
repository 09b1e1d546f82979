package dev.vflux.vfio;

import java.nio.ByteBuffer;

/**
 * Registers in mapped memory. Loads have acquire and stores have release order: a plain buffer
 * access would let the JIT merge reads and drop writes. Any thread.
 */
public final class MappedRegisterBlock extends OrderedMemory implements AutoCloseable {

  MappedRegisterBlock(String name, ByteBuffer memory) {
    super(name, checked(name, memory));
  }

  private static ByteBuffer checked(String name, ByteBuffer memory) {
    if (!memory.isDirect()) {
      throw new IllegalArgumentException(name + ": the memory of a register block must be direct");
    }
    if (memory.alignmentOffset(memory.position(), Long.BYTES) != 0) {
      throw new IllegalArgumentException(name + ": the memory must start at a multiple of 8");
    }
    return memory;
  }

  /** Makes every further access fail. The memory itself belongs to whoever mapped it. */
  @Override
  public void close() {
    end();
  }

  @Override
  public int read16(long offset) {
    return load16(offset) & 0xffff;
  }

  @Override
  public int read32(long offset) {
    return load32(offset);
  }

  @Override
  public long read64(long offset) {
    return load64(offset);
  }

  @Override
  public void write16(long offset, int value) {
    store16(offset, (short) value);
  }

  @Override
  public void write32(long offset, int value) {
    store32(offset, value);
  }

  @Override
  public void write64(long offset, long value) {
    store64(offset, value);
  }
}
