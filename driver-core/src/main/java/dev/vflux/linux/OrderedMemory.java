package dev.vflux.linux;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Little-endian values in memory that somebody else reads and writes: loads have acquire and stores
 * have release order, each is one access of its width, and the JIT neither merges nor drops any, as
 * it does with plain access to a buffer. Any thread. This variant uses VarHandles of buffers, and
 * JNA for single bytes, of which buffers have no VarHandle; from Java 22 on there is another one.
 */
public final class OrderedMemory implements AutoCloseable {

  /** How this variant reaches memory. */
  public static String means() {
    return "VarHandle of a ByteBuffer";
  }

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

  private OrderedMemory(ByteBuffer memory) {
    this.memory = memory.slice().order(ByteOrder.LITTLE_ENDIAN);
    this.bytes = Native.getDirectBufferPointer(this.memory);
  }

  /** The rest of a direct buffer, which must start at a multiple of 8; it is kept reachable. */
  public static OrderedMemory of(ByteBuffer memory) {
    return new OrderedMemory(memory);
  }

  private static int index(long offset) {
    return offset >>> 31 == 0 ? (int) offset : NO_INDEX;
  }

  private ByteBuffer checked(long offset) {
    ByteBuffer open = memory;
    if (offset < 0 || offset >= open.capacity()) {
      throw new IndexOutOfBoundsException("offset " + offset + " of " + open.capacity());
    }
    return open;
  }

  /** Makes every further access fail; the memory itself belongs to whoever mapped it. */
  @Override
  public void close() {
    memory = NOTHING;
  }

  public boolean isClosed() {
    return memory.capacity() == 0;
  }

  /**
   * Loads a byte.
   *
   * @throws IndexOutOfBoundsException outside of the memory, and after close; so do all others,
   *     which throw it or IllegalStateException when misaligned
   */
  public byte load8(long offset) {
    ByteBuffer open = checked(offset);
    try {
      byte value = bytes.getByte(offset);
      VarHandle.acquireFence();
      return value;
    } finally {
      Reference.reachabilityFence(open);
    }
  }

  public short load16(long offset) {
    return (short) SHORT.getAcquire(memory, index(offset));
  }

  public int load32(long offset) {
    return (int) INT.getAcquire(memory, index(offset));
  }

  public long load64(long offset) {
    return (long) LONG.getAcquire(memory, index(offset));
  }

  public void store8(long offset, byte value) {
    ByteBuffer open = checked(offset);
    try {
      VarHandle.releaseFence();
      bytes.setByte(offset, value);
    } finally {
      Reference.reachabilityFence(open);
    }
  }

  public void store16(long offset, short value) {
    SHORT.setRelease(memory, index(offset), value);
  }

  public void store32(long offset, int value) {
    INT.setRelease(memory, index(offset), value);
  }

  public void store64(long offset, long value) {
    LONG.setRelease(memory, index(offset), value);
  }
}
