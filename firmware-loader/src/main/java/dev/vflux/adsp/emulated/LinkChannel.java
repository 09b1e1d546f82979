package dev.vflux.adsp.emulated;

import dev.vflux.emulated.Cell;
import dev.vflux.emulated.RegisterFile;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * One channel of the link DMA: PPLC of a stream index, with a ring between it and the firmware. An
 * output begins once two periods are in the ring and puts zeros where the ring runs dry while the
 * firmware still plays; an input drops what does not fit. LLP counts the bytes on the link since
 * STRST. Offsets: Linux {@code include/sound/hda_register.h}. Used under the board's lock.
 */
final class LinkChannel {

  private static final long STRST = 0x1;
  private static final long RUN = 0x2;
  private static final long WRITABLE = 0xf0_0003L;
  private static final int TAG_SHIFT = 20;
  private static final int PERIODS_PER_SECOND = 1000;
  private static final int PERIODS_TO_BEGIN = 2;
  private static final int PERIODS = 8;

  private final boolean output;
  private final Cell ctl;
  private final Cell fmt;
  private final Cell llpl;
  private final Cell llpu;
  private @Nullable CodecLink link;
  private @Nullable Runnable runChanged;
  private @Nullable ByteRing ring;
  private @Nullable StreamClock clock;
  private ByteBuffer onLink = ByteBuffer.allocate(0);
  private long bytes;
  private boolean fresh = true;

  LinkChannel(RegisterFile.Builder file, int index, int at) {
    this.output = index >= GlobalRegisters.INPUT_STREAMS;
    String name = "PPLC" + index;
    ctl = file.register(name + "CTL", at, 4).rw(WRITABLE);
    fmt = file.register(name + "FMT", at + 0x4, 2).rw(0xffff);
    llpl = file.register(name + "LLPL", at + 0x8, 4);
    llpu = file.register(name + "LLPU", at + 0xc, 4);
    ctl.onWrite((before, after, written, mask) -> written(before, after));
  }

  /** Says where the samples go or come from, and what is called when RUN changes. */
  void attach(CodecLink newLink, Runnable onRunChanged) {
    link = newLink;
    runChanged = onRunChanged;
  }

  private void written(long before, long after) {
    if ((after & STRST) != 0) {
      ctl.clearBits(RUN);
      fmt.set(0);
      count(-bytes);
      fresh = true;
    }
    boolean runs = running();
    if (runs != ((before & RUN) != 0)) {
      clock = null;
      if (link != null) {
        tell(link, runs);
      }
      if (runChanged != null) {
        runChanged.run();
      }
    }
  }

  private void tell(CodecLink codecLink, boolean runs) {
    if (runs && fresh && !output) {
      fresh = false;
      codecLink.inputStarts(tag());
    } else if (!runs && output) {
      codecLink.outputStops();
    }
  }

  boolean running() {
    return ctl.has(RUN);
  }

  private int tag() {
    return (int) (ctl.get() >>> TAG_SHIFT) & 0xf;
  }

  private int format() {
    return (int) fmt.get();
  }

  private void count(long more) {
    bytes += more;
    llpl.set(bytes);
    llpu.set(bytes >>> Integer.SIZE);
  }

  /** The firmware takes the channel for frames of this size at this rate. */
  void open(int frameBytes, int framesPerSecond) {
    int period = (framesPerSecond + PERIODS_PER_SECOND - 1) / PERIODS_PER_SECOND;
    ring = new ByteRing(PERIODS * period * frameBytes);
    clock = null;
  }

  /** The firmware gives the channel up. */
  void close() {
    ring = null;
    clock = null;
  }

  /** Whether the firmware has the channel. */
  boolean taken() {
    return ring != null;
  }

  /** The ring, while the firmware has the channel. */
  @Nullable ByteRing ring() {
    return ring;
  }

  /** Moves what the link is worth since the last call; active says whether the firmware plays. */
  void tick(long now, boolean active) {
    ByteRing samples = ring;
    CodecLink codecLink = link;
    long rate = StreamFormat.framesPerSecond(format());
    if (samples == null || codecLink == null || !running() || rate == 0) {
      clock = null;
      return;
    }
    if (clock == null) {
      clock = begins(samples, rate, active) ? new StreamClock(rate, now) : null;
      return;
    }
    int due = (int) clock.due(now) * StreamFormat.frameBytes(format());
    if (output) {
      play(samples, codecLink, due, active);
    } else {
      record(samples, codecLink, due, active);
    }
  }

  private boolean begins(ByteRing samples, long rate, boolean active) {
    long enough = rate * PERIODS_TO_BEGIN / PERIODS_PER_SECOND * StreamFormat.frameBytes(format());
    return active && (!output || samples.available() >= enough);
  }

  private void play(ByteRing samples, CodecLink codecLink, int due, boolean active) {
    int frame = StreamFormat.frameBytes(format());
    int there = Math.min(due, samples.available() / frame * frame);
    int length = active ? due : there;
    ByteBuffer out = scratch(length);
    samples.take(out.limit(there));
    out.limit(length);
    while (out.hasRemaining()) {
      out.put((byte) 0);
    }
    count(length);
    out.flip();
    codecLink.play(tag(), format(), out);
  }

  private void record(ByteRing samples, CodecLink codecLink, int due, boolean active) {
    int frame = StreamFormat.frameBytes(format());
    ByteBuffer in = scratch(due);
    codecLink.record(tag(), format(), in);
    count(due);
    if (active) {
      int fits = Math.min(due, samples.room() / frame * frame);
      samples.put(in.flip().limit(fits));
    }
  }

  private ByteBuffer scratch(int length) {
    if (onLink.capacity() < length) {
      onLink = ByteBuffer.allocate(length);
    }
    return onLink.clear().limit(length);
  }

  /** Nothing runs any more; the registers are reset by their file. */
  void reset() {
    close();
    bytes = 0;
    fresh = true;
  }
}
