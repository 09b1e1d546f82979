package dev.vflux.vfio;

import dev.vflux.linux.OrderedMemory;
import java.nio.ByteBuffer;

/**
 * Registers in mapped memory. Loads have acquire and stores have release order: a plain buffer
 * access would let the JIT merge reads and drop writes. Any thread.
 */
public final class MappedRegisterBlock extends RegisterBlock implements AutoCloseable {

  private final OrderedMemory memory;

  MappedRegisterBlock(String name, ByteBuffer memory) {
    super(name, memory.remaining());
    if (!memory.isDirect()) {
      throw new IllegalArgumentException(name + ": the memory of a register block must be direct");
    }
    if (memory.alignmentOffset(memory.position(), Long.BYTES) != 0) {
      throw new IllegalArgumentException(name + ": the memory must start at a multiple of 8");
    }
    this.memory = OrderedMemory.of(memory);
  }

  /** Makes every further access fail. The memory itself belongs to whoever mapped it. */
  @Override
  public void close() {
    memory.close();
  }

  /** What was wrong with an access that the memory refused. */
  private RuntimeException refused(
      String operation, long offset, int width, RuntimeException refusal) {
    check(operation, offset, width);
    return memory.isClosed() ? closed(operation, offset) : refusal;
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

  @Override
  protected byte load8(long offset) {
    try {
      return memory.load8(offset);
    } catch (IndexOutOfBoundsException | IllegalStateException refusal) {
      throw refused("read8", offset, Byte.BYTES, refusal);
    }
  }

  @Override
  protected short load16(long offset) {
    try {
      return memory.load16(offset);
    } catch (IndexOutOfBoundsException | IllegalStateException refusal) {
      throw refused("read16", offset, Short.BYTES, refusal);
    }
  }

  @Override
  protected int load32(long offset) {
    try {
      return memory.load32(offset);
    } catch (IndexOutOfBoundsException | IllegalStateException refusal) {
      throw refused("read32", offset, Integer.BYTES, refusal);
    }
  }

  @Override
  protected long load64(long offset) {
    try {
      return memory.load64(offset);
    } catch (IndexOutOfBoundsException | IllegalStateException refusal) {
      throw refused("read64", offset, Long.BYTES, refusal);
    }
  }

  @Override
  protected void store8(long offset, byte value) {
    try {
      memory.store8(offset, value);
    } catch (IndexOutOfBoundsException | IllegalStateException refusal) {
      throw refused("write8", offset, Byte.BYTES, refusal);
    }
  }

  @Override
  protected void store16(long offset, short value) {
    try {
      memory.store16(offset, value);
    } catch (IndexOutOfBoundsException | IllegalStateException refusal) {
      throw refused("write16", offset, Short.BYTES, refusal);
    }
  }

  @Override
  protected void store32(long offset, int value) {
    try {
      memory.store32(offset, value);
    } catch (IndexOutOfBoundsException | IllegalStateException refusal) {
      throw refused("write32", offset, Integer.BYTES, refusal);
    }
  }

  @Override
  protected void store64(long offset, long value) {
    try {
      memory.store64(offset, value);
    } catch (IndexOutOfBoundsException | IllegalStateException refusal) {
      throw refused("write64", offset, Long.BYTES, refusal);
    }
  }
}
