package dev.vflux.linux;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * As its namesake for Java 17, by the foreign-memory API. The VarHandles reach all of memory, which
 * is a constant to the JIT; the bounds are checked here, which costs less than a segment's own
 * check.
 */
public final class OrderedMemory implements AutoCloseable {

  /** How this variant reaches memory. */
  public static String means() {
    return "VarHandle of a MemorySegment";
  }

  private static final VarHandle BYTE = ValueLayout.JAVA_BYTE.varHandle();
  private static final VarHandle SHORT =
      ValueLayout.JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();
  private static final VarHandle INT =
      ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();
  private static final VarHandle LONG =
      ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();
  private static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

  private final ByteBuffer memory;
  private final long address;
  // 0 after close
  private volatile long size;

  private OrderedMemory(ByteBuffer memory) {
    this.memory = memory;
    this.address = MemorySegment.ofBuffer(memory).address();
    this.size = memory.remaining();
  }

  public static OrderedMemory of(ByteBuffer memory) {
    return new OrderedMemory(memory);
  }

  private long at(long offset, int width) {
    long open = size;
    if (offset < 0 || offset > open - width || (offset & (width - 1)) != 0) {
      throw new IndexOutOfBoundsException(width + " bytes at offset " + offset + " of " + open);
    }
    return address + offset;
  }

  @Override
  public void close() {
    size = 0;
  }

  public boolean isClosed() {
    return size == 0;
  }

  public byte load8(long offset) {
    try {
      return (byte) BYTE.getAcquire(ALL, at(offset, Byte.BYTES));
    } finally {
      Reference.reachabilityFence(memory);
    }
  }

  public short load16(long offset) {
    try {
      return (short) SHORT.getAcquire(ALL, at(offset, Short.BYTES));
    } finally {
      Reference.reachabilityFence(memory);
    }
  }

  public int load32(long offset) {
    try {
      return (int) INT.getAcquire(ALL, at(offset, Integer.BYTES));
    } finally {
      Reference.reachabilityFence(memory);
    }
  }

  public long load64(long offset) {
    try {
      return (long) LONG.getAcquire(ALL, at(offset, Long.BYTES));
    } finally {
      Reference.reachabilityFence(memory);
    }
  }

  public void store8(long offset, byte value) {
    try {
      BYTE.setRelease(ALL, at(offset, Byte.BYTES), value);
    } finally {
      Reference.reachabilityFence(memory);
    }
  }

  public void store16(long offset, short value) {
    try {
      SHORT.setRelease(ALL, at(offset, Short.BYTES), value);
    } finally {
      Reference.reachabilityFence(memory);
    }
  }

  public void store32(long offset, int value) {
    try {
      INT.setRelease(ALL, at(offset, Integer.BYTES), value);
    } finally {
      Reference.reachabilityFence(memory);
    }
  }

  public void store64(long offset, long value) {
    try {
      LONG.setRelease(ALL, at(offset, Long.BYTES), value);
    } finally {
      Reference.reachabilityFence(memory);
    }
  }
}
