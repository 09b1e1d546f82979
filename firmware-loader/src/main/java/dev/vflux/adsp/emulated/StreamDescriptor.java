package dev.vflux.adsp.emulated;

import dev.vflux.emulated.Cell;
import dev.vflux.emulated.RegisterFile;

/**
 * One stream descriptor at BAR0 + 0x80 + 0x20 * index: inputs come first, then outputs. SRST resets
 * it and reads back what was written; while it is 1 nothing else of the descriptor takes a write.
 * RUN takes effect at once; without a reset a stream goes on where it stood. Offsets and bits:
 * Linux {@code include/sound/hda_register.h}.
 */
final class StreamDescriptor {

  static final int FIRST = 0x80;
  static final int STRIDE = 0x20;

  private static final int DPIB_FIRST = 0x1084;
  private static final int EFIFOS_FIRST = 0x1094;

  private static final long SRST = 0x1;
  private static final long RUN = 0x2;
  private static final long INTERRUPT_BITS = 0x1c;
  private static final long CTL_WRITABLE = 0xff_003fL;
  private static final long BCIS = 0x4;
  private static final long FIFOE = 0x8;
  private static final long DESE = 0x10;
  private static final long FIFORDY = 0x20;
  private static final int TAG_SHIFT = 20;
  private static final int FIFO_BYTES = 0xc0;

  /** What the engine does when RUN changes. */
  interface RunListener {
    /** RUN was set or cleared, by a write or by a reset. */
    void runChanged(StreamDescriptor stream, boolean running);

    /** Whether it goes on although RUN was cleared. */
    boolean keepsRunning(StreamDescriptor stream);

    /** Everything was reset; comes before RUN changes with it. */
    void wasReset(StreamDescriptor stream);
  }

  private final int index;
  private final boolean output;
  private final Cell ctl;
  private final Cell sts;
  private final Cell lpib;
  private final Cell cbl;
  private final Cell lvi;
  private final Cell fmt;
  private final Cell bdlpl;
  private final Cell bdlpu;
  private final Cell dpib;
  private final Cell[] resettable;

  StreamDescriptor(RegisterFile.Builder file, int index, RunListener engine) {
    int base = FIRST + STRIDE * index;
    String name = "SD" + index;
    this.index = index;
    this.output = index >= GlobalRegisters.INPUT_STREAMS;
    ctl = file.register(name + "CTL", base, 3).rw(CTL_WRITABLE);
    sts = file.register(name + "STS", base + 0x03, 1).w1c(INTERRUPT_BITS);
    lpib = file.register(name + "LPIB", base + 0x04, 4);
    cbl = file.register(name + "CBL", base + 0x08, 4).rw(0xffff_ffffL);
    lvi = file.register(name + "LVI", base + 0x0c, 2).rw(0xff);
    Cell fifow = file.register(name + "FIFOW", base + 0x0e, 2).rw(0x7);
    file.register(name + "FIFOS", base + 0x10, 2).reset(FIFO_BYTES - 1);
    fmt = file.register(name + "FMT", base + 0x12, 2).rw(0xff7f);
    Cell fifol = file.register(name + "FIFOL", base + 0x14, 2).rw(0xffff);
    bdlpl = file.register(name + "BDLPL", base + 0x18, 4).rw(0xffff_ff80L);
    bdlpu = file.register(name + "BDLPU", base + 0x1c, 4).rw(0xffff_ffffL);
    dpib = file.register(name + "DPIB", DPIB_FIRST + STRIDE * index, 4);
    file.register(name + "EFIFOS", EFIFOS_FIRST + STRIDE * index, 4).reset(FIFO_BYTES);
    resettable = new Cell[] {sts, lpib, cbl, lvi, fifow, fmt, fifol, bdlpl, bdlpu, dpib};
    ctl.onWrite((before, after, written, mask) -> ctlWritten(before, after, engine));
  }

  private void ctlWritten(long before, long after, RunListener engine) {
    if ((after & SRST) != 0) {
      ctl.set(SRST);
      for (Cell cell : resettable) {
        cell.set(0);
      }
      engine.wasReset(this);
    }
    boolean ran = (before & RUN) != 0;
    if (ran && (after & (RUN | SRST)) == 0 && engine.keepsRunning(this)) {
      ctl.setBits(RUN);
    }
    boolean runs = ctl.has(RUN);
    if (ran != runs) {
      showFifoReady(runs);
      engine.runChanged(this, runs);
    }
  }

  private void showFifoReady(boolean ready) {
    if (ready) {
      sts.setBits(FIFORDY);
    } else {
      sts.clearBits(FIFORDY);
    }
  }

  int index() {
    return index;
  }

  boolean output() {
    return output;
  }

  boolean inReset() {
    return ctl.has(SRST);
  }

  boolean running() {
    return ctl.has(RUN);
  }

  /** The stream tag, 0 when none is set. */
  int tag() {
    return (int) (ctl.get() >>> TAG_SHIFT) & 0xf;
  }

  long cyclicBufferLength() {
    return cbl.get();
  }

  int lastValidIndex() {
    return (int) lvi.get() & 0xff;
  }

  int format() {
    return (int) fmt.get();
  }

  long descriptorList() {
    return bdlpu.get() << 32 | bdlpl.get();
  }

  /** Shows a position in the buffer. */
  void showPosition(long position) {
    lpib.set(position);
    dpib.set(position);
  }

  /** An entry with its IOC bit is finished. */
  void bufferComplete() {
    sts.setBits(BCIS);
  }

  /** The FIFO ran dry or over. */
  void fifoError() {
    sts.setBits(FIFOE);
  }

  /** A descriptor, or what it points to, cannot be fetched: the stream stops. */
  void descriptorError() {
    sts.setBits(DESE);
    ctl.clearBits(RUN);
    showFifoReady(false);
  }

  boolean interruptStatus() {
    return (sts.get() & INTERRUPT_BITS) != 0;
  }

  /** Whether a status bit is set whose enable, at the same place in CTL, is set too. */
  boolean interruptEnabled() {
    return (sts.get() & ctl.get() & INTERRUPT_BITS) != 0;
  }
}
