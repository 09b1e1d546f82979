package dev.vflux.ipc;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Where a stream is: {@code struct sof_ipc_stream_posn} of Linux {@code
 * include/sound/sof/stream.h}, packed and little-endian. The firmware writes it field by field, so
 * that fields read from the stream box need not be of the same moment. Immutable; any thread.
 *
 * @param command the command word it was written with, 0 before the first time
 * @param error 0, or a negative errno
 * @param component the id of the host component
 * @param flags bits 3:0 host, DAI, wall clock and time stamp are in step; 11:8 they are valid;
 *     19:16 they have 64 bits
 * @param wallClockHz the wall clock's rate, in Hz
 * @param timestampNanos the time stamp's unit, in nanoseconds
 * @param hostBytes position of the host DMA, in bytes
 * @param daiBytes position of the audio interface, in bytes since the start
 * @param componentBytes position of the component, in bytes
 * @param wallClock the wall clock
 * @param timestamp the time stamp
 * @param xrunComponent which component had too much or too little
 * @param xrunBytes how much, in bytes; negative for too little
 */
public record PositionRecord(
    int command,
    int error,
    int component,
    int flags,
    int wallClockHz,
    int timestampNanos,
    long hostBytes,
    long daiBytes,
    long componentBytes,
    long wallClock,
    long timestamp,
    int xrunComponent,
    int xrunBytes) {

  /** Bytes of a record. */
  public static final int BYTES = 76;

  private static final int COMMAND = 4;
  private static final int ERROR = 8;
  private static final int COMPONENT = 12;
  private static final int FLAGS = 16;
  private static final int WALL_CLOCK_HZ = 20;
  private static final int TIMESTAMP_NS = 24;
  private static final int HOST_POSN = 28;
  private static final int DAI_POSN = 36;
  private static final int COMP_POSN = 44;
  private static final int WALL_CLOCK = 52;
  private static final int TIMESTAMP = 60;
  private static final int XRUN_COMPONENT = 68;
  private static final int XRUN_SIZE = 72;

  /**
   * Decodes a record.
   *
   * @param bytes at least {@link #BYTES} from the position on
   * @return the record
   * @throws IndexOutOfBoundsException when there are fewer
   */
  public static PositionRecord decode(ByteBuffer bytes) {
    ByteBuffer from = bytes.slice().order(ByteOrder.LITTLE_ENDIAN);
    return new PositionRecord(
        from.getInt(COMMAND),
        from.getInt(ERROR),
        from.getInt(COMPONENT),
        from.getInt(FLAGS),
        from.getInt(WALL_CLOCK_HZ),
        from.getInt(TIMESTAMP_NS),
        from.getLong(HOST_POSN),
        from.getLong(DAI_POSN),
        from.getLong(COMP_POSN),
        from.getLong(WALL_CLOCK),
        from.getLong(TIMESTAMP),
        from.getInt(XRUN_COMPONENT),
        from.getInt(XRUN_SIZE));
  }

  /**
   * Encodes this record.
   *
   * @return {@link #BYTES} bytes, little-endian
   */
  public ByteBuffer encode() {
    return ByteBuffer.allocate(BYTES)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(0, BYTES)
        .putInt(COMMAND, command)
        .putInt(ERROR, error)
        .putInt(COMPONENT, component)
        .putInt(FLAGS, flags)
        .putInt(WALL_CLOCK_HZ, wallClockHz)
        .putInt(TIMESTAMP_NS, timestampNanos)
        .putLong(HOST_POSN, hostBytes)
        .putLong(DAI_POSN, daiBytes)
        .putLong(COMP_POSN, componentBytes)
        .putLong(WALL_CLOCK, wallClock)
        .putLong(TIMESTAMP, timestamp)
        .putInt(XRUN_COMPONENT, xrunComponent)
        .putInt(XRUN_SIZE, xrunBytes);
  }
}
