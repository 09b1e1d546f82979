package dev.vflux.reactive;

import dev.vflux.vfio.RegisterBlock;

/** A region's registers while its writes are watched: each write is made, then told. Any thread. */
final class WatchedRegisters extends RegisterBlock {

  private final RegisterBlock registers;
  private final RegionWrites writes;

  WatchedRegisters(RegisterBlock registers, RegionWrites writes) {
    super(registers.name(), registers.size());
    this.registers = registers;
    this.writes = writes;
  }

  @Override
  protected byte load8(long offset) {
    return (byte) registers.read8(offset);
  }

  @Override
  protected short load16(long offset) {
    return (short) registers.read16(offset);
  }

  @Override
  protected int load32(long offset) {
    return registers.read32(offset);
  }

  @Override
  protected long load64(long offset) {
    return registers.read64(offset);
  }

  @Override
  protected void store8(long offset, byte value) {
    registers.write8(offset, value);
    writes.written(offset, Byte.SIZE, value & 0xffL);
  }

  @Override
  protected void store16(long offset, short value) {
    registers.write16(offset, value);
    writes.written(offset, Short.SIZE, value & 0xffffL);
  }

  @Override
  protected void store32(long offset, int value) {
    registers.write32(offset, value);
    writes.written(offset, Integer.SIZE, value & 0xffff_ffffL);
  }

  @Override
  protected void store64(long offset, long value) {
    registers.write64(offset, value);
    writes.written(offset, Long.SIZE, value);
  }
}
