package dev.vflux.vfio;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Registers in memory, little-endian: loads have acquire and stores have release order, each is one
 * access of its width, and the JIT neither merges nor drops any, as it does with plain access to a
 * buffer. This variant uses VarHandles of buffers, and JNA for single bytes, of which buffers have
 * no VarHandle; from Java 22 on there is another one, in src/main/java22.
 */
abstract class OrderedMemory extends RegisterBlock {

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

  /** The rest of a direct buffer that starts at a multiple of 8. */
  OrderedMemory(String name, ByteBuffer memory) {
    super(name, memory.remaining());
    this.memory = memory.slice().order(ByteOrder.LITTLE_ENDIAN);
    this.bytes = Native.getDirectBufferPointer(this.memory);
  }

  /** How this variant reaches memory. */
  static String means() {
    return "VarHandle of a ByteBuffer";
  }

  /** Makes every further access fail; the memory itself belongs to whoever mapped it. */
  final void end() {
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

  private ByteBuffer open(String operation, long offset) {
    ByteBuffer open = memory;
    if (open.capacity() == 0) {
      throw closed(operation, offset);
    }
    return open;
  }

  @Override
  protected final byte load8(long offset) {
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
  protected final short load16(long offset) {
    try {
      return (short) SHORT.getAcquire(memory, index(offset));
    } catch (IndexOutOfBoundsException | IllegalStateException refusal) {
      throw refused("read16", offset, Short.BYTES, refusal);
    }
  }

  @Override
  protected final int load32(long offset) {
    try {
      return (int) INT.getAcquire(memory, index(offset));
    } catch (IndexOutOfBoundsException | IllegalStateException refusal) {
      throw refused("read32", offset, Integer.BYTES, refusal);
    }
  }

  @Override
  protected final long load64(long offset) {
    try {
      return (long) LONG.getAcquire(memory, index(offset));
    } catch (IndexOutOfBoundsException | IllegalStateException refusal) {
      throw refused("read64", offset, Long.BYTES, refusal);
    }
  }

  @Override
  protected final void store8(long offset, byte value) {
    ByteBuffer open = open("write8", offset);
    try {
      VarHandle.releaseFence();
      bytes.setByte(offset, value);
    } finally {
      Reference.reachabilityFence(open);
    }
  }

  @Override
  protected final void store16(long offset, short value) {
    try {
      SHORT.setRelease(memory, index(offset), value);
    } catch (IndexOutOfBoundsException | IllegalStateException refusal) {
      throw refused("write16", offset, Short.BYTES, refusal);
    }
  }

  @Override
  protected final void store32(long offset, int value) {
    try {
      INT.setRelease(memory, index(offset), value);
    } catch (IndexOutOfBoundsException | IllegalStateException refusal) {
      throw refused("write32", offset, Integer.BYTES, refusal);
    }
  }

  @Override
  protected final void store64(long offset, long value) {
    try {
      LONG.setRelease(memory, index(offset), value);
    } catch (IndexOutOfBoundsException | IllegalStateException refusal) {
      throw refused("write64", offset, Long.BYTES, refusal);
    }
  }
}
