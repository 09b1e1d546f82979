package dev.vflux.hda;

import dev.vflux.vfio.RegisterBlock;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * BAR0 of a controller without a DSP as plain memory, with one stream whose status the test sets:
 * SDxSTS is cleared by ones, INTSTS follows it. Accesses allocate nothing.
 */
public final class PeriodRegisters extends RegisterBlock {

  /** The first playback stream of four captures and four playbacks. */
  public static final int STREAM = 4;

  private static final int SIZE = 0x4000;
  private static final int GCAP = 0x00;
  private static final int FOUR_AND_FOUR = 0x4401;
  private static final int INTSTS = 0x24;
  private static final int FIRST_STS = 0x83;
  private static final int STRIDE = 0x20;
  private static final int GIS = 0x8000_0000;

  private final ByteBuffer memory = ByteBuffer.allocate(SIZE).order(ByteOrder.LITTLE_ENDIAN);
  private final int stream;
  private final int sts;
  private volatile byte status;

  /** A controller out of reset, whose stream has not moved. */
  public PeriodRegisters() {
    this(STREAM);
  }

  /** As before, with another stream that reports: captures are 0 to 3. */
  public PeriodRegisters(int stream) {
    super("periods BAR0", SIZE);
    this.stream = stream;
    this.sts = FIRST_STS + STRIDE * stream;
    memory.putShort(GCAP, (short) FOUR_AND_FOUR);
  }

  /** What the stream has to report, before it interrupts. */
  public void report(int bits) {
    status = (byte) bits;
  }

  /** Where a stream is when its next period ends, and when that is. */
  public void move(int stream, int position, int ticks) {
    memory.putInt(0x84 + 0x20 * stream, position);
    memory.putInt(0x30, ticks);
  }

  @Override
  protected byte load8(long offset) {
    return offset == sts ? status : memory.get((int) offset);
  }

  @Override
  protected short load16(long offset) {
    return memory.getShort((int) offset);
  }

  @Override
  protected int load32(long offset) {
    if (offset == INTSTS) {
      return status == 0 ? 0 : GIS | 1 << stream;
    }
    return memory.getInt((int) offset);
  }

  @Override
  protected long load64(long offset) {
    return memory.getLong((int) offset);
  }

  @Override
  protected void store8(long offset, byte value) {
    if (offset == sts) {
      status = (byte) (status & ~value);
    } else {
      memory.put((int) offset, value);
    }
  }

  @Override
  protected void store16(long offset, short value) {
    memory.putShort((int) offset, value);
  }

  @Override
  protected void store32(long offset, int value) {
    memory.putInt((int) offset, value);
  }

  @Override
  protected void store64(long offset, long value) {
    memory.putLong((int) offset, value);
  }
}
