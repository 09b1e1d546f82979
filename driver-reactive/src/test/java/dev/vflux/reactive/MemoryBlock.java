package dev.vflux.reactive;

import dev.vflux.vfio.MappedRegisterBlock;
import dev.vflux.vfio.RegisterBlock;
import java.nio.ByteBuffer;

/** Memory that tells when it is read. */
final class MemoryBlock extends RegisterBlock {

  private final MappedRegisterBlock memory;
  private final Runnable onRead;

  MemoryBlock(String name, int size, Runnable onRead) {
    super(name, size);
    this.memory = RegisterBlock.over(name, ByteBuffer.allocateDirect(size));
    this.onRead = onRead;
  }

  void close() {
    memory.close();
  }

  @Override
  protected byte load8(long offset) {
    onRead.run();
    return (byte) memory.read8(offset);
  }

  @Override
  protected short load16(long offset) {
    onRead.run();
    return (short) memory.read16(offset);
  }

  @Override
  protected int load32(long offset) {
    onRead.run();
    return memory.read32(offset);
  }

  @Override
  protected long load64(long offset) {
    onRead.run();
    return memory.read64(offset);
  }

  @Override
  protected void store8(long offset, byte value) {
    memory.write8(offset, value);
  }

  @Override
  protected void store16(long offset, short value) {
    memory.write16(offset, value);
  }

  @Override
  protected void store32(long offset, int value) {
    memory.write32(offset, value);
  }

  @Override
  protected void store64(long offset, long value) {
    memory.write64(offset, value);
  }
}
