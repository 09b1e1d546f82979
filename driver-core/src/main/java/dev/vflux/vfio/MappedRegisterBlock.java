package dev.vflux.vfio;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Registers in mapped memory. Loads have acquire and stores have release order through VarHandles:
 * a plain buffer access would let the JIT merge reads and drop writes. There is no VarHandle of
 * that kind for single bytes; those go through JNA, with fences. Any thread.
 */
public final class MappedRegisterBlock extends RegisterBlock implements AutoCloseable {

  private static final VarHandle SHORT =
      MethodHandles.byteBufferViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle LONG =
      MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private static final ByteBuffer NOTHING = ByteBuffer.allocateDirect(0);
  private static final int NO_INDEX = -1;

  private final Pointer bytes;
  // empty after close, so that the VarHandles' own bounds check is all that an access needs
  private volatile ByteBuffer memory;

  MappedRegisterBlock(String name, ByteBuffer memory) {
    super(name, memory.remaining());
    if (!memory.isDirect()) {
      throw new IllegalArgumentException(name + ": the memory of a register block must be direct");
    }
    if (memory.alignmentOffset(memory.position(), Long.BYTES) != 0) {
      throw new IllegalArgumentException(name + ": the memory must start at a multiple of 8");
    }
    this.memory = memory.slice().order(ByteOrder.LITTLE_ENDIAN);
    this.bytes = Native.getDirectBufferPointer(this.memory);
  }

  /** Makes every further access fail. The memory itself belongs to whoever mapped it. */
  @Override
  public void close() {
    memory = NOTHING;
  }

  private static int index(long offset) {
    return offset >>> 31 == 0 ? (int) offset : NO_INDEX;
  }

  /** What was wrong with an access that a VarHandle refused. */
  private RuntimeException refused(
      String operation, long offset, int width, RuntimeException refusal) {
    check(operation, offset, width);
    return memory.capacity() == 0 ? closed(operation, offset) : refusal;
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

  private ByteBuffer open(String operation, long offset) {
    ByteBuffer open = memory;
    if (open.capacity() == 0) {
      throw closed(operation, offset);
    }
    return open;
  }

  @Override
  protected byte load8(long offset) {
    ByteBuffer open = open("read8", offset);
    try {
      byte value = bytes.getByte(offset);
      VarHandle.acquireFence();
      return value;
    } finally {
      Reference.reachabilityFence(open);
    }
  }

  @Override
  protected short load16(long offset) {
    try {
      return (short) SHORT.getAcquire(memory, index(offset));
    } catch (IndexOutOfBoundsException | IllegalStateException refusal) {
      throw refused("read16", offset, Short.BYTES, refusal);
    }
  }

  @Override
  protected int load32(long offset) {
    try {
      return (int) INT.getAcquire(memory, index(offset));
    } catch (IndexOutOfBoundsException | IllegalStateException refusal) {
      throw refused("read32", offset, Integer.BYTES, refusal);
    }
  }

  @Override
  protected long load64(long offset) {
    try {
      return (long) LONG.getAcquire(memory, index(offset));
    } catch (IndexOutOfBoundsException | IllegalStateException refusal) {
      throw refused("read64", offset, Long.BYTES, refusal);
    }
  }

  @Override
  protected void store8(long offset, byte value) {
    ByteBuffer open = open("write8", offset);
    try {
      VarHandle.releaseFence();
      bytes.setByte(offset, value);
    } finally {
      Reference.reachabilityFence(open);
    }
  }

  @Override
  protected void store16(long offset, short value) {
    try {
      SHORT.setRelease(memory, index(offset), value);
    } catch (IndexOutOfBoundsException | IllegalStateException refusal) {
      throw refused("write16", offset, Short.BYTES, refusal);
    }
  }

  @Override
  protected void store32(long offset, int value) {
    try {
      INT.setRelease(memory, index(offset), value);
    } catch (IndexOutOfBoundsException | IllegalStateException refusal) {
      throw refused("write32", offset, Integer.BYTES, refusal);
    }
  }

  @Override
  protected void store64(long offset, long value) {
    try {
      LONG.setRelease(memory, index(offset), value);
    } catch (IndexOutOfBoundsException | IllegalStateException refusal) {
      throw refused("write64", offset, Long.BYTES, refusal);
    }
  }
}
