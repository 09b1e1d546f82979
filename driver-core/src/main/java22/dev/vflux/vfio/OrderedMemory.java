package dev.vflux.vfio;

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
abstract class OrderedMemory extends RegisterBlock {

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
  // 0 after the end
  private volatile long open;

  OrderedMemory(String name, ByteBuffer memory) {
    super(name, memory.remaining());
    this.memory = memory;
    this.address = MemorySegment.ofBuffer(memory).address();
    this.open = memory.remaining();
  }

  static String means() {
    return "VarHandle of a MemorySegment";
  }

  final void end() {
    open = 0;
  }

  private long at(String operation, long offset, int width) {
    if (offset < 0 || offset > open - width || (offset & (width - 1)) != 0) {
      throw refused(operation, offset, width);
    }
    return address + offset;
  }

  private RuntimeException refused(String operation, long offset, int width) {
    check(operation, offset, width);
    return closed(operation, offset);
  }

  @Override
  protected final byte load8(long offset) {
    try {
      return (byte) BYTE.getAcquire(ALL, at("read8", offset, Byte.BYTES));
    } finally {
      Reference.reachabilityFence(memory);
    }
  }

  @Override
  protected final short load16(long offset) {
    try {
      return (short) SHORT.getAcquire(ALL, at("read16", offset, Short.BYTES));
    } finally {
      Reference.reachabilityFence(memory);
    }
  }

  @Override
  protected final int load32(long offset) {
    try {
      return (int) INT.getAcquire(ALL, at("read32", offset, Integer.BYTES));
    } finally {
      Reference.reachabilityFence(memory);
    }
  }

  @Override
  protected final long load64(long offset) {
    try {
      return (long) LONG.getAcquire(ALL, at("read64", offset, Long.BYTES));
    } finally {
      Reference.reachabilityFence(memory);
    }
  }

  @Override
  protected final void store8(long offset, byte value) {
    try {
      BYTE.setRelease(ALL, at("write8", offset, Byte.BYTES), value);
    } finally {
      Reference.reachabilityFence(memory);
    }
  }

  @Override
  protected final void store16(long offset, short value) {
    try {
      SHORT.setRelease(ALL, at("write16", offset, Short.BYTES), value);
    } finally {
      Reference.reachabilityFence(memory);
    }
  }

  @Override
  protected final void store32(long offset, int value) {
    try {
      INT.setRelease(ALL, at("write32", offset, Integer.BYTES), value);
    } finally {
      Reference.reachabilityFence(memory);
    }
  }

  @Override
  protected final void store64(long offset, long value) {
    try {
      LONG.setRelease(ALL, at("write64", offset, Long.BYTES), value);
    } finally {
      Reference.reachabilityFence(memory);
    }
  }
}
