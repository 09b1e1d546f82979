package dev.vflux.emulated;

import dev.vflux.vfio.RegionIndex;
import dev.vflux.vfio.RegisterBlock;

/** The driver's access to one region of a board: takes the lock, then asks the register space. */
final class EmulatedRegisterBlock extends RegisterBlock {

  private static final long ALL_ONES = -1;

  private final Board board;
  private final RegionIndex index;
  private final RegisterSpace space;

  EmulatedRegisterBlock(Board board, RegionIndex index, RegisterSpace space) {
    super(board.name() + " " + index, space.size());
    this.board = board;
    this.index = index;
    this.space = space;
  }

  private long load(long offset, int width) {
    synchronized (board.lock) {
      if (board.isClosed()) {
        throw closed("read" + 8 * width, offset);
      }
      board.catchUp();
      return board.answers(index) ? space.read(offset, width) : ALL_ONES;
    }
  }

  private void store(long offset, int width, long value) {
    synchronized (board.lock) {
      if (board.isClosed()) {
        throw closed("write" + 8 * width, offset);
      }
      board.catchUp();
      if (board.answers(index)) {
        space.write(offset, width, value);
      }
    }
  }

  @Override
  protected byte load8(long offset) {
    return (byte) load(offset, Byte.BYTES);
  }

  @Override
  protected short load16(long offset) {
    return (short) load(offset, Short.BYTES);
  }

  @Override
  protected int load32(long offset) {
    return (int) load(offset, Integer.BYTES);
  }

  @Override
  protected long load64(long offset) {
    return load(offset, Long.BYTES);
  }

  @Override
  protected void store8(long offset, byte value) {
    store(offset, Byte.BYTES, value);
  }

  @Override
  protected void store16(long offset, short value) {
    store(offset, Short.BYTES, value);
  }

  @Override
  protected void store32(long offset, int value) {
    store(offset, Integer.BYTES, value);
  }

  @Override
  protected void store64(long offset, long value) {
    store(offset, Long.BYTES, value);
  }
}
