package dev.vflux.vfio;

import dev.vflux.vfio.RegisterAccessException.Reason;
import java.nio.ByteBuffer;

/**
 * Registers of one region, or words of one piece of DMA memory, read and written at their exact
 * width. Values are little-endian in the device and native in Java; 8- and 16-bit values are
 * returned zero-extended, 32-bit values as the {@code int} with those bits.
 *
 * <p>Every access is bounds- and alignment-checked, is never merged with, reordered before or
 * removed because of another access to the same block, and fails with a {@link
 * RegisterAccessException} once the block is closed. Reads have acquire and writes have release
 * order; where a datasheet needs a write to be seen before a later read, put {@link
 * java.lang.invoke.VarHandle#fullFence()} between them. Any thread may read and write; a
 * read-modify-write ({@code update}) is not atomic, so those belong to one thread.
 *
 * <p>An access to a device that was unplugged fails with {@link DeviceGoneException}, one to a
 * device that sleeps or does not decode its memory with {@link Reason#GONE}; or either reads
 * all-ones where the hardware answers so, see {@link Device#findGone}. For mapped memory the JVM
 * may notice the fault (SIGBUS) a few instructions late: it then surfaces as an {@link
 * InternalError} in the code that follows the access.
 *
 * <p>Where another process serves the device ({@code vfio-user:}), an access outside of mapped
 * windows waits for the reply of that process; it fails with {@link DeviceGoneException} when the
 * process has gone, with a transient {@link DriverException} when it does not answer in time, and
 * with {@link Reason#REFUSED} when it answers with an error.
 */
public abstract class RegisterBlock {

  private final String name;
  private final long size;

  /**
   * For backends.
   *
   * @param name the block's name in errors, for instance {@code "emulated:edu BAR0"}
   * @param size its size in bytes
   */
  protected RegisterBlock(String name, long size) {
    this.name = name;
    this.size = size;
  }

  /**
   * A block over direct memory, for instance a mapped BAR or DMA memory.
   *
   * @param name the block's name in errors
   * @param memory direct memory, starting at a multiple of 8; the block keeps it reachable;
   *     position and limit bound the block
   * @return a block of {@code memory.remaining()} bytes
   * @throws IllegalArgumentException when the memory is not direct or starts elsewhere
   */
  public static MappedRegisterBlock over(String name, ByteBuffer memory) {
    return new MappedRegisterBlock(name, memory);
  }

  /**
   * The name used in errors.
   *
   * @return device and region
   */
  public final String name() {
    return name;
  }

  /**
   * The block's size.
   *
   * @return bytes
   */
  public final long size() {
    return size;
  }

  /**
   * Reads one byte.
   *
   * @param offset byte offset into the block
   * @return the byte, 0 to 255
   */
  public final int read8(long offset) {
    check("read8", offset, 1);
    return load8(offset) & 0xff;
  }

  /**
   * Reads 16 bits.
   *
   * @param offset byte offset into the block, a multiple of 2
   * @return the value, 0 to 65535
   */
  public int read16(long offset) {
    check("read16", offset, 2);
    return load16(offset) & 0xffff;
  }

  /**
   * Reads 32 bits.
   *
   * @param offset byte offset into the block, a multiple of 4
   * @return the value
   */
  public int read32(long offset) {
    check("read32", offset, 4);
    return load32(offset);
  }

  /**
   * Reads 64 bits in one access.
   *
   * @param offset byte offset into the block, a multiple of 8
   * @return the value
   */
  public long read64(long offset) {
    check("read64", offset, 8);
    return load64(offset);
  }

  /**
   * Writes one byte.
   *
   * @param offset byte offset into the block
   * @param value the low 8 bits are written
   */
  public final void write8(long offset, int value) {
    check("write8", offset, 1);
    store8(offset, (byte) value);
  }

  /**
   * Writes 16 bits.
   *
   * @param offset byte offset into the block, a multiple of 2
   * @param value the low 16 bits are written
   */
  public void write16(long offset, int value) {
    check("write16", offset, 2);
    store16(offset, (short) value);
  }

  /**
   * Writes 32 bits.
   *
   * @param offset byte offset into the block, a multiple of 4
   * @param value the value
   */
  public void write32(long offset, int value) {
    check("write32", offset, 4);
    store32(offset, value);
  }

  /**
   * Writes 64 bits in one access.
   *
   * @param offset byte offset into the block, a multiple of 8
   * @param value the value
   */
  public void write64(long offset, long value) {
    check("write64", offset, 8);
    store64(offset, value);
  }

  /**
   * Reads a byte, replaces the bits of {@code mask} and writes it back. Not atomic. Mind bits that
   * are cleared by writing one: they must be outside {@code value} or meant.
   *
   * @param offset byte offset into the block
   * @param mask the bits to replace
   * @param value their new value; bits outside the mask are ignored
   * @return what was written
   */
  public final int update8(long offset, int mask, int value) {
    int updated = (read8(offset) & ~mask) | (value & mask);
    write8(offset, updated);
    return updated & 0xff;
  }

  /**
   * Reads 16 bits, replaces the bits of {@code mask} and writes them back; see {@link #update8}.
   *
   * @param offset byte offset into the block, a multiple of 2
   * @param mask the bits to replace
   * @param value their new value; bits outside the mask are ignored
   * @return what was written
   */
  public final int update16(long offset, int mask, int value) {
    int updated = (read16(offset) & ~mask) | (value & mask);
    write16(offset, updated);
    return updated & 0xffff;
  }

  /**
   * Reads 32 bits, replaces the bits of {@code mask} and writes them back; see {@link #update8}.
   *
   * @param offset byte offset into the block, a multiple of 4
   * @param mask the bits to replace
   * @param value their new value; bits outside the mask are ignored
   * @return what was written
   */
  public final int update32(long offset, int mask, int value) {
    int updated = (read32(offset) & ~mask) | (value & mask);
    write32(offset, updated);
    return updated;
  }

  /**
   * Reads 64 bits, replaces the bits of {@code mask} and writes them back; see {@link #update8}.
   *
   * @param offset byte offset into the block, a multiple of 8
   * @param mask the bits to replace
   * @param value their new value; bits outside the mask are ignored
   * @return what was written
   */
  public final long update64(long offset, long mask, long value) {
    long updated = (read64(offset) & ~mask) | (value & mask);
    write64(offset, updated);
    return updated;
  }

  /**
   * Copies bytes out of the block, in ascending order, with the widest aligned accesses (at most 32
   * bits), as a memory copy from a device does.
   *
   * @param offset byte offset into the block
   * @param target filled from its position to its limit
   */
  public final void read(long offset, ByteBuffer target) {
    bounds("read", offset, target.remaining());
    while (target.hasRemaining()) {
      if ((offset & 3) == 0 && target.remaining() >= 4) {
        int word = load32(offset);
        for (int i = 0; i < 4; i++) {
          target.put((byte) (word >>> (8 * i)));
        }
        offset += 4;
      } else {
        target.put(load8(offset++));
      }
    }
  }

  /**
   * Copies bytes into the block; the mirror of {@link #read(long, ByteBuffer)}.
   *
   * @param offset byte offset into the block
   * @param source written from its position to its limit
   */
  public final void write(long offset, ByteBuffer source) {
    bounds("write", offset, source.remaining());
    while (source.hasRemaining()) {
      if ((offset & 3) == 0 && source.remaining() >= 4) {
        int word = 0;
        for (int i = 0; i < 4; i++) {
          word |= (source.get() & 0xff) << (8 * i);
        }
        store32(offset, word);
        offset += 4;
      } else {
        store8(offset++, source.get());
      }
    }
  }

  final void check(String operation, long offset, int width) {
    if (offset < 0 || offset > size - width || (offset & (width - 1)) != 0) {
      refuse(operation, offset, width);
    }
  }

  private void bounds(String operation, long offset, long length) {
    if (offset < 0 || length > size - offset) {
      throw outOfBounds(operation, offset, length);
    }
  }

  private void refuse(String operation, long offset, int width) {
    if (offset < 0 || offset > size - width) {
      throw outOfBounds(operation, offset, width);
    }
    throw new RegisterAccessException(
        Reason.MISALIGNED, operation, name, offset, "the offset is not a multiple of " + width);
  }

  private RegisterAccessException outOfBounds(String operation, long offset, long length) {
    return new RegisterAccessException(
        Reason.OUT_OF_BOUNDS,
        operation,
        name,
        offset,
        length + " bytes do not fit into 0x" + Long.toHexString(size));
  }

  /**
   * The error for an access after close.
   *
   * @param operation the access
   * @param offset byte offset into the block
   * @return the error to throw
   */
  protected final RegisterAccessException closed(String operation, long offset) {
    return new RegisterAccessException(
        Reason.CLOSED, operation, name, offset, "the block is closed");
  }

  /**
   * Reads one byte; bounds are checked already.
   *
   * @param offset byte offset into the block
   * @return the byte
   */
  protected abstract byte load8(long offset);

  /**
   * Reads 16 bits; bounds and alignment are checked already.
   *
   * @param offset byte offset into the block
   * @return the value
   */
  protected abstract short load16(long offset);

  /**
   * Reads 32 bits; bounds and alignment are checked already.
   *
   * @param offset byte offset into the block
   * @return the value
   */
  protected abstract int load32(long offset);

  /**
   * Reads 64 bits; bounds and alignment are checked already.
   *
   * @param offset byte offset into the block
   * @return the value
   */
  protected abstract long load64(long offset);

  /**
   * Writes one byte; bounds are checked already.
   *
   * @param offset byte offset into the block
   * @param value the byte
   */
  protected abstract void store8(long offset, byte value);

  /**
   * Writes 16 bits; bounds and alignment are checked already.
   *
   * @param offset byte offset into the block
   * @param value the value
   */
  protected abstract void store16(long offset, short value);

  /**
   * Writes 32 bits; bounds and alignment are checked already.
   *
   * @param offset byte offset into the block
   * @param value the value
   */
  protected abstract void store32(long offset, int value);

  /**
   * Writes 64 bits; bounds and alignment are checked already.
   *
   * @param offset byte offset into the block
   * @param value the value
   */
  protected abstract void store64(long offset, long value);
}
