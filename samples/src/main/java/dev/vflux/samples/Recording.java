package dev.vflux.samples;

import dev.vflux.audio.PcmPeriod;
import dev.vflux.vfio.DriverException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Recorded periods as the bytes of a file, until there are enough. A stream that fails ends it too:
 * what was recorded until then is worth to be kept. One thread; the counts may be read by others.
 */
final class Recording extends InputStream {

  /** How many gaps are kept. */
  static final int KEPT = 64;

  /**
   * Frames that nobody took in time.
   *
   * @param position where in the file they are missing
   * @param frames how many
   */
  record Gap(long position, long frames) {}

  private final Iterator<PcmPeriod> periods;
  private final int frameBytes;
  private final boolean packed;
  private final long wanted;
  private final List<Gap> gaps = new ArrayList<>();
  private ByteBuffer current = ByteBuffer.allocate(0);
  private @Nullable DriverException error;
  private volatile long frames;

  /** Begins with the next period. */
  Recording(Iterator<PcmPeriod> periods, RecordCommand.Plan plan) {
    this.periods = periods;
    this.frameBytes = plan.format().frameBytes();
    this.packed = plan.packed();
    this.wanted = plan.wanted();
  }

  /** Frames so far. */
  long frames() {
    return frames;
  }

  /** Where frames are missing, the first {@link #KEPT} places. */
  List<Gap> firstGaps() {
    return List.copyOf(gaps);
  }

  /** Why it ended before its time. */
  Optional<DriverException> error() {
    return Optional.ofNullable(error);
  }

  @Override
  public int read() {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : Byte.toUnsignedInt(one[0]);
  }

  @Override
  public int read(byte[] bytes, int offset, int length) {
    if (!current.hasRemaining() && !next()) {
      return -1;
    }
    int count = Math.min(length, current.remaining());
    ByteBuffer unusedCurrent = current.get(bytes, offset, count);
    return count;
  }

  private boolean next() {
    try {
      if (frames == wanted || !periods.hasNext()) {
        return false;
      }
      take(periods.next());
      return true;
    } catch (DriverException failed) {
      error = failed;
      return false;
    }
  }

  private void take(PcmPeriod period) {
    ByteBuffer bytes = period.buffer();
    long before = frames;
    long whole = bytes.limit() / frameBytes;
    if (period.lostBefore() > 0 && gaps.size() < KEPT) {
      gaps.add(new Gap(before, period.lostBefore() * whole));
    }
    long count = Math.min(whole, wanted - before);
    current = bytes.limit((int) count * frameBytes);
    if (packed) {
      current = pack(current);
    }
    frames = before + count;
  }

  private static ByteBuffer pack(ByteBuffer wide) {
    ByteBuffer packed = ByteBuffer.allocate(wide.remaining() / Integer.BYTES * 3);
    while (wide.hasRemaining()) {
      byte unusedLowest = wide.get();
      packed.put(wide.get()).put(wide.get()).put(wide.get());
    }
    return packed.flip();
  }
}
