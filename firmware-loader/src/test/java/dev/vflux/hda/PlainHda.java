package dev.vflux.hda;

import dev.vflux.emulated.Board;
import dev.vflux.emulated.Cell;
import dev.vflux.emulated.DmaFaultException;
import dev.vflux.emulated.PciConfig;
import dev.vflux.emulated.RegisterFile;
import dev.vflux.emulated.RegisterSpace;
import dev.vflux.vfio.IrqIndex;
import dev.vflux.vfio.RegionIndex;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * An HD-Audio controller without a DSP, after QEMU's ich9-intel-hda: no capability list, no vendor
 * registers, four streams each way, an all-at-once reset, and a command ring that runs as soon as
 * it is told, but not past RINTCNT responses that nobody has acknowledged. What is on the link is
 * the test's.
 */
public final class PlainHda extends TestModel {

  /** What is on the link. */
  public interface Link {
    /** Takes a command; answers, now or later, through {@link PlainHda#respond}. */
    void command(PlainHda hda, int word);
  }

  private static final int BAR0_SIZE = 0x4000;
  private static final long CRST = 1;
  private static final long RUN = 2;
  private static final long GIE = 1L << 31;
  private static final long CIE = 1L << 30;
  private static final long BUSY = 1;
  private static final long VALID = 2;
  private static final long READ_POINTER_RESET = 0x8000;

  private final Link link;
  private final int ringSize;
  private @Nullable Board board;
  private @Nullable Rings rings;

  /** Set by a test: the next messages do not arrive. */
  final AtomicInteger losesMessages = new AtomicInteger();

  /** Set by a test: CORBRP does not show its reset. */
  volatile boolean pointerStuck;

  /** Set by a test: there are no immediate commands. */
  volatile boolean noImmediate;

  public PlainHda(Link link) {
    this(link, 0x42);
  }

  /** With another CORBSIZE and RIRBSIZE. */
  public PlainHda(Link link, int ringSize) {
    super("plain-hda");
    this.link = link;
    this.ringSize = ringSize;
  }

  @Override
  public void build(Board opened) {
    board = opened;
    PciConfig unusedConfig =
        opened.config().ids(0x8086, 0x293e).classCode(0x040300).bar(0, BAR0_SIZE, false);
    Cell unusedVendor = opened.config().register("0x44", 0x44, 4).reset(7).rw(0xffff_ffffL);
    Cell unusedOther = opened.config().register("0x48", 0x48, 4).rw(0xffff_ffffL);
    PciConfig unusedMsi = opened.config().msi(0x60, 1);
    opened.interrupts().declare(IrqIndex.INTX, 1);
    opened.interrupts().declare(IrqIndex.MSI, 1);
    rings = new Rings(opened);
    opened.bar(RegionIndex.BAR0, rings);
  }

  private Rings rings() {
    Rings built = rings;
    if (built == null) {
      throw new IllegalStateException("not opened");
    }
    return built;
  }

  private void locked(Runnable action) {
    Board opened = board;
    if (opened == null) {
      throw new IllegalStateException("not opened");
    }
    opened.underLock(action);
  }

  /** A codec's response, at any time. */
  void respond(int codec, int response) {
    locked(() -> rings().respond(codec, response));
  }

  /** Sent without being asked. */
  void tell(int codec, int response) {
    locked(() -> rings().respond(codec | 0x10, response));
  }

  /** CORB cannot be read. */
  void failFetch() {
    locked(() -> rings().failFetch());
  }

  /** RIRBWP reads what it cannot. */
  void writePointer(int value) {
    locked(() -> rings().rirbwp.set(value));
  }

  /** The whole device is gone. */
  void vanish() {
    Board opened = board;
    if (opened != null) {
      opened.remove();
    }
  }

  /** Where the write pointers stand. */
  String pointers() {
    return "CORBWP %d RIRBWP %d".formatted(rings().corbwp.get(), rings().rirbwp.get());
  }

  private final class Rings implements RegisterSpace {
    private final Board board;
    private final RegisterFile file;
    private final Cell statests;
    private final Cell intctl;
    private final Cell corbLow;
    private final Cell corbwp;
    private final Cell corbrp;
    private final Cell corbctl;
    private final Cell corbsts;
    private final Cell rirbLow;
    private final Cell rirbwp;
    private final Cell rintcnt;
    private final Cell rirbctl;
    private final Cell rirbsts;
    private final Cell ic;
    private final Cell ir;
    private final Cell irs;
    private final int entries;
    private int unacknowledged;
    private boolean level;
    private boolean running;

    Rings(Board board) {
      this.board = board;
      RegisterFile.Builder builder = RegisterFile.builder(BAR0_SIZE);
      entries = ringSize == 0x42 ? 256 : ringSize == 0x20 ? 16 : 2;
      builder.register("GCAP", 0x00, 2).reset(0x4401);
      Cell gctl = builder.register("GCTL", 0x08, 4).rw(0x101);
      gctl.onWrite((before, after, written, mask) -> controlled(after));
      statests = builder.register("STATESTS", 0x0e, 2).w1c(0x7fff);
      intctl = builder.register("INTCTL", 0x20, 4).rw(0xc00000ffL);
      intctl.onWrite((before, after, written, mask) -> level = false);
      builder.register("INTSTS", 0x24, 4).onRead(this::intsts);
      corbLow = builder.register("CORBLBASE", 0x40, 4).rw(0xffff_ff80L);
      builder.register("CORBUBASE", 0x44, 4).rw(0xffff_ffffL);
      corbwp = builder.register("CORBWP", 0x48, 2).rw(0xff);
      corbrp = builder.register("CORBRP", 0x4a, 2).rw(READ_POINTER_RESET);
      corbrp.onWrite((before, after, written, mask) -> readPointerWritten(written));
      corbctl = builder.register("CORBCTL", 0x4c, 1).rw(0x03);
      corbsts = builder.register("CORBSTS", 0x4d, 1).w1c(0x01);
      builder.register("CORBSIZE", 0x4e, 1).reset(ringSize);
      rirbLow = builder.register("RIRBLBASE", 0x50, 4).rw(0xffff_ff80L);
      builder.register("RIRBUBASE", 0x54, 4).rw(0xffff_ffffL);
      rirbwp = builder.register("RIRBWP", 0x58, 2);
      rirbwp.onWrite(
          (before, after, written, mask) -> rirbwp.set((written & 0x8000) != 0 ? 0 : before));
      rintcnt = builder.register("RINTCNT", 0x5a, 2).rw(0xff);
      rirbctl = builder.register("RIRBCTL", 0x5c, 1).rw(0x07);
      rirbsts = builder.register("RIRBSTS", 0x5d, 1).w1c(0x05);
      rirbsts.onWrite((before, after, written, mask) -> acknowledged(before, after));
      builder.register("RIRBSIZE", 0x5e, 1).reset(ringSize);
      ic = builder.register("IC", 0x60, 4).rw(0xffff_ffffL);
      ir = builder.register("IR", 0x64, 4);
      irs = builder.register("IRS", 0x68, 2).rw(BUSY).w1c(VALID);
      irs.onWrite((before, after, written, mask) -> immediate(before, after));
      builder.register("DPLBASE", 0x70, 4).rw(0xffff_ff81L);
      builder.register("DPUBASE", 0x74, 4).rw(0xffff_ffffL);
      file = builder.build();
    }

    private void controlled(long after) {
      if ((after & CRST) == 0) {
        file.reset();
        unacknowledged = 0;
        statests.set(1);
      }
    }

    private void readPointerWritten(long written) {
      corbrp.set(pointerStuck ? 0 : written & READ_POINTER_RESET);
    }

    private void acknowledged(long before, long after) {
      if ((before & ~after & 1) != 0) {
        unacknowledged = 0;
      }
    }

    private void immediate(long before, long after) {
      if (noImmediate) {
        irs.set(0);
      } else if ((after & ~before & BUSY) != 0) {
        link.command(PlainHda.this, (int) ic.get());
      }
    }

    private long intsts() {
      boolean cis = corbsts.get() != 0 || rirbsts.get() != 0;
      return cis ? CIE | (intctl.has(CIE) ? GIE : 0) : 0;
    }

    @Override
    public long size() {
      return BAR0_SIZE;
    }

    @Override
    public long read(long offset, int width) {
      return file.read(offset, width);
    }

    @Override
    public void write(long offset, int width, long value) {
      file.write(offset, width, value);
      runCommands();
      update();
    }

    // a response to a command may be written from within the command
    private void runCommands() {
      if (running) {
        return;
      }
      running = true;
      while (corbctl.has(RUN)
          && (corbrp.get() & 0xff) != corbwp.get()
          && unacknowledged < rintcnt.get()) {
        corbrp.set(((corbrp.get() & 0xff) + 1) % entries);
        ByteBuffer word = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN);
        try {
          board.dma().read(corbLow.get() + 4 * (corbrp.get() & 0xff), word);
        } catch (DmaFaultException fault) {
          throw new IllegalStateException(fault);
        }
        link.command(PlainHda.this, word.getInt(0));
      }
      running = false;
    }

    private void respond(int from, int response) {
      if (irs.has(BUSY)) {
        ir.set(Integer.toUnsignedLong(response));
        irs.set(VALID | (long) from << 4);
        return;
      }
      if (!rirbctl.has(RUN)) {
        return;
      }
      long next = (rirbwp.get() + 1) % entries;
      ByteBuffer entry = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
      entry.putInt(0, response).putInt(4, from);
      try {
        board.dma().write(rirbLow.get() + 8 * next, entry);
      } catch (DmaFaultException fault) {
        throw new IllegalStateException(fault);
      }
      rirbwp.set(next);
      unacknowledged++;
      rirbsts.setBits(1);
      update();
    }

    private void failFetch() {
      corbsts.setBits(1);
      update();
    }

    private void update() {
      boolean response = (rirbsts.get() & rirbctl.get() & 1) != 0;
      boolean fetch = (corbsts.get() & corbctl.get() & 1) != 0;
      boolean pending = intctl.has(GIE | CIE) && (response || fetch);
      if (pending && !level) {
        if (losesMessages.getAndUpdate(left -> Math.max(0, left - 1)) == 0) {
          board.interrupts().line(false);
          board.interrupts().line(true);
        }
      } else if (!pending) {
        board.interrupts().line(false);
      }
      level = pending;
    }
  }
}
