package dev.vflux.adsp.emulated;

import dev.vflux.emulated.Cell;
import dev.vflux.emulated.DeviceClock;
import dev.vflux.emulated.RegisterFile;
import org.jspecify.annotations.Nullable;

/**
 * The global registers of BAR0 and the controller reset. The codec on the link reports itself in
 * STATESTS a while after the reset is left. Offsets: Linux {@code include/sound/hda_register.h};
 * values: Intel datasheets of the 400 series PCH.
 */
final class GlobalRegisters implements InterruptTree.Source {

  /** 9 output and 7 input streams, 64-bit addresses: CML and TGL; taken for the others as well. */
  static final int GCAP = 0x9701;

  static final int INPUT_STREAMS = GCAP >> 8 & 0xf;
  static final int OUTPUT_STREAMS = GCAP >> 12 & 0xf;
  static final int STREAMS = INPUT_STREAMS + OUTPUT_STREAMS;

  private static final long CRST = 0x1;
  private static final long FCNTRL = 0x2;
  private static final long UNSOL = 0x100;
  private static final long FSTS = 0x2;
  private static final long CODEC_ADDRESSES = 0x7fff;
  private static final long WALL_CLOCK_HZ = 24_000_000;
  private static final long NANOS_PER_SECOND = 1_000_000_000;

  private final DeviceClock clock;
  private final Hang hang;
  private final Runnable onReset;
  private final Runnable changed;
  private final Cell gctl;
  private final Cell gsts;
  private final Cell wakeen;
  private final Cell statests;
  private final Cell ssync;
  private long wallClockStart;
  private boolean crst;
  private boolean wanted;
  private DeviceClock.@Nullable Task transition;

  GlobalRegisters(
      RegisterFile.Builder file, DeviceClock clock, Hang hang, Runnable onReset, Runnable changed) {
    this.clock = clock;
    this.hang = hang;
    this.onReset = onReset;
    this.changed = changed;
    file.register("GCAP", 0x00, 2).reset(GCAP);
    file.register("VMIN", 0x02, 1);
    file.register("VMAJ", 0x03, 1).reset(1);
    file.register("OUTPAY", 0x04, 2).reset(0x3c);
    file.register("INPAY", 0x06, 2).reset(0x1d);
    gctl = file.register("GCTL", 0x08, 4).rw(CRST | UNSOL).rw1s(FCNTRL);
    gctl.onWrite((before, after, written, mask) -> gctlWritten());
    wakeen = file.register("WAKEEN", 0x0c, 2).rw(CODEC_ADDRESSES);
    statests = file.register("STATESTS", 0x0e, 2).w1c(CODEC_ADDRESSES);
    gsts = file.register("GSTS", 0x10, 2).w1c(FSTS);
    file.register("GCAP2", 0x12, 2);
    file.register("LLCH", 0x14, 2).reset(CapabilityList.FIRST);
    file.register("OUTSTRMPAY", 0x18, 2);
    file.register("INSTRMPAY", 0x1a, 2);
    file.register("WALLCLK", 0x30, 4).onRead(this::wallClock);
    ssync = file.register("SSYNC", 0x38, 4).rw((1L << STREAMS) - 1);
  }

  private long wallClock() {
    if (!crst) {
      return 0;
    }
    long nanos = clock.nanos() - wallClockStart;
    return nanos / NANOS_PER_SECOND * WALL_CLOCK_HZ
        + nanos % NANOS_PER_SECOND * WALL_CLOCK_HZ / NANOS_PER_SECOND;
  }

  private void gctlWritten() {
    if (gctl.has(FCNTRL)) {
      gctl.clearBits(FCNTRL);
      gsts.setBits(FSTS);
    }
    boolean now = gctl.has(CRST);
    showCrst();
    if (now == wanted || hang.holdsController()) {
      return;
    }
    wanted = now;
    cancelTransition();
    if (wanted != crst) {
      transition =
          clock.schedule(wanted ? Delays.RESET_LEAVE : Delays.RESET_ENTER, () -> crstChanged(now));
    }
  }

  private void cancelTransition() {
    if (transition != null) {
      transition.cancel();
      transition = null;
    }
  }

  // The bit reads what the controller is, not what was written: that is what drivers poll for.
  private void showCrst() {
    if (crst) {
      gctl.setBits(CRST);
    } else {
      gctl.clearBits(CRST);
    }
  }

  private void crstChanged(boolean left) {
    transition = null;
    if (left) {
      crst = true;
      wallClockStart = clock.nanos();
      showCrst();
      linkCameUp();
    } else {
      enterReset();
    }
  }

  /** A link with the codec has left its reset or got its power: the codec will report itself. */
  void linkCameUp() {
    if (crst && wanted) {
      cancelTransition();
      transition = clock.schedule(Delays.CODEC_ENUMERATION, this::codecReports);
    }
  }

  private void codecReports() {
    transition = null;
    statests.setBits(AudioCodec.STATE_CHANGE);
    changed.run();
  }

  // WAKEEN and STATESTS are in the resume well and survive.
  private void enterReset() {
    long keptWakeen = wakeen.get();
    long keptStatests = statests.get();
    crst = false;
    hang.controllerReset();
    onReset.run();
    wakeen.set(keptWakeen);
    statests.set(keptStatests);
  }

  /** Whether a write lands: in reset, only GCTL, WAKEEN and STATESTS do. */
  boolean accepts(long offset) {
    return crst || (offset >= 0x08 && offset < 0x10);
  }

  /** What is called when SSYNC was written. */
  interface SyncListener {
    /** Bits are streams. */
    void syncChanged(long before, long after);
  }

  /** Says what is called when SSYNC was written. */
  void onSync(SyncListener listener) {
    Cell unusedSsync =
        ssync.onWrite((before, after, written, mask) -> listener.syncChanged(before, after));
  }

  /** Whether SSYNC holds a stream's data back. */
  boolean holdsBack(int stream) {
    return ssync.has(1L << stream);
  }

  /** Power-on state. */
  void powerOn() {
    cancelTransition();
    crst = false;
    wanted = false;
  }

  @Override
  public boolean status() {
    return statests.get() != 0;
  }

  @Override
  public boolean enabled() {
    return (statests.get() & wakeen.get()) != 0;
  }
}
