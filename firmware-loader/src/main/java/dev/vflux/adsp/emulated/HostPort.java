package dev.vflux.adsp.emulated;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The DSP end of a host DMA: a ring of two periods which the DMA fills and the host component
 * empties, or the other way round. It moves only while the component is active. Used under the
 * board's lock.
 */
final class HostPort implements StreamPort {

  private static final int PERIODS = 2;
  private static final int PERIODS_PER_SECOND = 1000;

  private final HostEnd end;
  private final DspComponent component;
  private final DspPipeline pipeline;
  private final ByteRing ring;
  private final StreamClock clock;
  private final int frameBytes;
  private final ByteBuffer frames;
  private long owed;
  private long bytes;
  private long unreported;

  HostPort(HostEnd end, DspComponent component, DspPipeline pipeline, long now) {
    this.end = end;
    this.component = component;
    this.pipeline = pipeline;
    this.frameBytes = end.channels() * end.format().bytes();
    int period = (end.rate() + PERIODS_PER_SECOND - 1) / PERIODS_PER_SECOND;
    this.ring = new ByteRing(PERIODS * period * frameBytes);
    this.clock = new StreamClock(end.rate(), now);
    this.frames = ByteBuffer.allocate(PERIODS * period * frameBytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  HostEnd end() {
    return end;
  }

  DspComponent component() {
    return component;
  }

  DspPipeline pipeline() {
    return pipeline;
  }

  /** Whether it is the end of the stream with this tag, and moves. */
  boolean serves(boolean playback, int tag) {
    return component.active() && end.playback() == playback && end.tag() == tag;
  }

  /** The component has become active: what passed meanwhile is not owed. */
  void restart(long now) {
    clock.restart(now);
    owed = 0;
  }

  /** Adds the frames that are due at this moment; those of two periods are made up for. */
  void tick(long now) {
    int period = (end.rate() + PERIODS_PER_SECOND - 1) / PERIODS_PER_SECOND;
    owed = Math.min(owed + clock.due(now), (long) PERIODS * period);
  }

  /** Takes frames from the ring into a buffer; as many as are due, there and fit. */
  int copyTo(SampleFifo sink) {
    int count = (int) Math.min(owed, ring.available() / frameBytes);
    count = Math.min(count, sink.room());
    ring.take(frames.clear().limit(count * frameBytes));
    frames.flip();
    while (frames.hasRemaining()) {
      sink.put(end.format().read(frames));
    }
    moved(count);
    return count;
  }

  /** Takes frames from a buffer into the ring; as many as are there and fit. */
  int copyFrom(SampleFifo source) {
    int count = Math.min(source.available(), ring.room() / frameBytes);
    frames.clear();
    for (int i = 0; i < count * end.channels(); i++) {
      end.format().write(frames, source.take());
    }
    ring.put(frames.flip());
    moved(count);
    return count;
  }

  private void moved(int count) {
    owed -= Math.min(owed, count);
    bytes += (long) count * frameBytes;
    unreported += (long) count * frameBytes;
  }

  /** Bytes since the start. */
  long bytes() {
    return bytes;
  }

  /** Whether a period has passed since the last report; true once for each report. */
  boolean reportDue() {
    boolean due = end.periodBytes() > 0 && unreported >= end.periodBytes();
    if (due) {
      unreported = 0;
    }
    return due;
  }

  @Override
  public int room() {
    return ring.room();
  }

  @Override
  public void accept(ByteBuffer source) {
    ring.put(source);
  }

  @Override
  public int available() {
    return ring.available();
  }

  @Override
  public void supply(ByteBuffer target) {
    ring.take(target);
  }
}
