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

  private final ByteBuffer memory;
  private final Pointer bytes;
  private volatile boolean closed;

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
    closed = true;
  }

  private void open(String operation, long offset) {
    if (closed) {
      throw closed(operation, offset);
    }
  }

  @Override
  protected byte load8(long offset) {
    open("read8", offset);
    try {
      byte value = bytes.getByte(offset);
      VarHandle.acquireFence();
      return value;
    } finally {
      Reference.reachabilityFence(memory);
    }
  }

  @Override
  protected short load16(long offset) {
    open("read16", offset);
    return (short) SHORT.getAcquire(memory, (int) offset);
  }

  @Override
  protected int load32(long offset) {
    open("read32", offset);
    return (int) INT.getAcquire(memory, (int) offset);
  }

  @Override
  protected long load64(long offset) {
    open("read64", offset);
    return (long) LONG.getAcquire(memory, (int) offset);
  }

  @Override
  protected void store8(long offset, byte value) {
    open("write8", offset);
    try {
      VarHandle.releaseFence();
      bytes.setByte(offset, value);
    } finally {
      Reference.reachabilityFence(memory);
    }
  }

  @Override
  protected void store16(long offset, short value) {
    open("write16", offset);
    SHORT.setRelease(memory, (int) offset, value);
  }

  @Override
  protected void store32(long offset, int value) {
    open("write32", offset);
    INT.setRelease(memory, (int) offset, value);
  }

  @Override
  protected void store64(long offset, long value) {
    open("write64", offset);
    LONG.setRelease(memory, (int) offset, value);
  }
}
