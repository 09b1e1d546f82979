package dev.vflux.emulated;

import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One declared register of a {@link RegisterFile}, as the model sees it. Its bits are read-only for
 * the driver unless a mask says otherwise; the model may set any of them. Used under the board's
 * lock.
 */
public final class Cell extends Area {

  /** What a model does after the driver wrote to a register. */
  @FunctionalInterface
  public interface WriteHook {

    /**
     * Called after the register took the write.
     *
     * @param before the register's value before the write
     * @param after its value now
     * @param written what the driver wrote, at its place in the register; 0 outside {@code mask}
     * @param mask which bits of the register the access covered
     */
    void written(long before, long after, long written, long mask);
  }

  private final long bits;
  private long resetValue;
  private long rw;
  private long w1c;
  private long rw1s;
  private long value;
  private @Nullable WriteHook onWrite;
  private @Nullable LongSupplier onRead;

  Cell(String name, long offset, int width) {
    super(name, offset, width);
    if (width < 1 || width > Long.BYTES) {
      throw new IllegalArgumentException(name + ": " + width + " bytes are not a register");
    }
    this.bits = lowBytes(width);
  }

  /**
   * Says what it holds after power-on and after a reset; 0 otherwise. It takes this value now.
   *
   * @param newResetValue the value
   * @return this cell
   */
  public Cell reset(long newResetValue) {
    resetValue = newResetValue & bits;
    value = resetValue;
    return this;
  }

  /**
   * Declares bits that take what the driver writes.
   *
   * @param mask the bits
   * @return this cell
   */
  public Cell rw(long mask) {
    rw = declared(mask);
    return this;
  }

  /**
   * Declares bits that the driver clears by writing one; writing zero leaves them.
   *
   * @param mask the bits
   * @return this cell
   */
  public Cell w1c(long mask) {
    w1c = declared(mask);
    return this;
  }

  /**
   * Declares bits that the driver sets by writing one; only the device clears them.
   *
   * @param mask the bits
   * @return this cell
   */
  public Cell rw1s(long mask) {
    rw1s = declared(mask);
    return this;
  }

  private long declared(long mask) {
    if ((mask & ~bits) != 0 || (mask & (rw | w1c | rw1s)) != 0) {
      throw new IllegalArgumentException(
          this + ": mask 0x" + Long.toHexString(mask) + " is too wide or declared already");
    }
    return mask;
  }

  /**
   * Registers what happens when the driver writes to any byte of it.
   *
   * @param hook called after each such write, under the board's lock
   * @return this cell
   */
  public Cell onWrite(WriteHook hook) {
    if (onWrite != null) {
      throw new IllegalStateException(this + " has a write hook already");
    }
    onWrite = hook;
    return this;
  }

  /**
   * Registers where the value comes from when the driver reads it. The stored value stays as it is,
   * unless the supplier sets it: so a register can clear on read.
   *
   * @param supplier called once for each access that touches it, under the board's lock
   * @return this cell
   */
  public Cell onRead(LongSupplier supplier) {
    if (onRead != null) {
      throw new IllegalStateException(this + " has a read hook already");
    }
    onRead = supplier;
    return this;
  }

  /**
   * Its stored value.
   *
   * @return the value, zero-extended
   */
  public long get() {
    return value;
  }

  /**
   * Sets its stored value; for the device, so no mask applies and no hook is called.
   *
   * @param newValue the value; bits beyond its width are dropped
   */
  public void set(long newValue) {
    value = newValue & bits;
  }

  /**
   * Whether all of some bits are set.
   *
   * @param mask the bits
   * @return true when every one of them is 1
   */
  public boolean has(long mask) {
    return (value & mask) == mask;
  }

  /**
   * Sets bits; for the device.
   *
   * @param mask the bits that become 1
   */
  public void setBits(long mask) {
    set(value | mask);
  }

  /**
   * Clears bits; for the device.
   *
   * @param mask the bits that become 0
   */
  public void clearBits(long mask) {
    set(value & ~mask);
  }

  @Override
  long load(long at, int bytes) {
    long current = onRead == null ? value : onRead.getAsLong() & bits;
    return (current >>> (8 * at)) & lowBytes(bytes);
  }

  @Override
  void store(long at, int bytes, long source) {
    int shift = (int) (8 * at);
    long mask = lowBytes(bytes) << shift;
    long written = (source << shift) & mask;
    long before = value;
    long replaced = (before & ~(rw & mask)) | (written & rw);
    value = (replaced & ~(written & w1c)) | (written & rw1s);
    if (onWrite != null) {
      onWrite.written(before, value, written, mask);
    }
  }

  @Override
  void reset() {
    value = resetValue;
  }
}
