package dev.vflux.adsp;

import dev.vflux.vfio.RegisterBlock;

/** Registers of which some read something else; writes are seen and go through. */
public final class AlteredRegisters extends RegisterBlock {

  /** What is read in place of what the device says. */
  public interface Reading {
    /** The value of {@code width} bytes at an offset. */
    long of(RegisterBlock device, long offset, int width, long value);
  }

  /** What is written, before the device gets it. */
  public interface Writing {
    /** The value of {@code width} bytes at an offset. */
    void of(long offset, int width, long value);
  }

  private final RegisterBlock device;
  private final Reading reading;
  private final Writing writing;

  AlteredRegisters(RegisterBlock device, Reading reading, Writing writing) {
    super(device.name(), device.size());
    this.device = device;
    this.reading = reading;
    this.writing = writing;
  }

  private long read(long offset, int width, long value) {
    return reading.of(device, offset, width, value);
  }

  @Override
  protected byte load8(long offset) {
    return (byte) read(offset, Byte.BYTES, device.read8(offset));
  }

  @Override
  protected short load16(long offset) {
    return (short) read(offset, Short.BYTES, device.read16(offset));
  }

  @Override
  protected int load32(long offset) {
    return (int) read(offset, Integer.BYTES, device.read32(offset));
  }

  @Override
  protected long load64(long offset) {
    return read(offset, Long.BYTES, device.read64(offset));
  }

  @Override
  protected void store8(long offset, byte value) {
    writing.of(offset, Byte.BYTES, value);
    device.write8(offset, value);
  }

  @Override
  protected void store16(long offset, short value) {
    writing.of(offset, Short.BYTES, value);
    device.write16(offset, value);
  }

  @Override
  protected void store32(long offset, int value) {
    writing.of(offset, Integer.BYTES, value);
    device.write32(offset, value);
  }

  @Override
  protected void store64(long offset, long value) {
    writing.of(offset, Long.BYTES, value);
    device.write64(offset, value);
  }
}
