package dev.vflux.emulated;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Plain memory inside a {@link RegisterFile}, for instance an SRAM window: the driver reads what
 * was written last, by either side. Used under the board's lock.
 */
public final class MemoryArea extends Area {

  private final byte[] content;
  private final ByteBuffer view;

  MemoryArea(String name, long offset, int size) {
    super(name, offset, size);
    this.content = new byte[size];
    this.view = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * The device's own view of the memory; changes are seen by the driver.
   *
   * @return a new little-endian buffer over all of it, at position 0
   */
  public ByteBuffer bytes() {
    return view.duplicate().order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * Copies bytes in; for the device.
   *
   * @param at byte offset into the memory
   * @param source written from its position to its limit
   * @throws IndexOutOfBoundsException when they do not fit
   */
  public void put(int at, ByteBuffer source) {
    int length = source.remaining();
    view.put(at, source, source.position(), length);
    source.position(source.position() + length);
  }

  /**
   * Copies bytes out; for the device.
   *
   * @param at byte offset into the memory
   * @param target filled from its position to its limit
   * @throws IndexOutOfBoundsException when there are not that many
   */
  public void get(int at, ByteBuffer target) {
    int length = target.remaining();
    target.put(target.position(), view, at, length);
    target.position(target.position() + length);
  }

  /** Zeroes all of it; for the device. */
  public void clear() {
    Arrays.fill(content, (byte) 0);
  }

  @Override
  long load(long at, int bytes) {
    int index = (int) at;
    if (bytes == Integer.BYTES) {
      return view.getInt(index) & 0xffff_ffffL;
    }
    long value = 0;
    for (int i = 0; i < bytes; i++) {
      value |= (content[index + i] & 0xffL) << (8 * i);
    }
    return value;
  }

  @Override
  void store(long at, int bytes, long value) {
    int index = (int) at;
    if (bytes == Integer.BYTES) {
      view.putInt(index, (int) value);
      return;
    }
    for (int i = 0; i < bytes; i++) {
      content[index + i] = (byte) (value >>> (8 * i));
    }
  }

  @Override
  void reset() {
    clear();
  }
}
