package dev.vflux.adsp.emulated;

import dev.vflux.emulated.Cell;
import dev.vflux.emulated.DeviceClock;
import dev.vflux.emulated.RegisterFile;
import org.jspecify.annotations.Nullable;

/**
 * The links of the ML capability: one for codecs on SDI 0 and 1, one for the display's on SDI 2.
 * Both have power when the controller leaves its reset; LCTL.CPA follows LCTL.SPA. LSDIID, which
 * firmware of a machine sets, says out of reset which SDI belongs to which link. Offsets: Linux
 * {@code include/sound/hda_register.h}.
 */
final class MultiLink {

  /** Where the capability lies in BAR0. */
  static final int BASE = 0xc00;

  private static final int FIRST = 0x40;
  private static final int STRIDE = 0x40;
  private static final long[] SDI = {0x3, 0x4};
  // every tag but 0 goes out to the codecs until a driver says otherwise
  private static final long[] TAGS_OUT = {0xfffe, 0x0};
  private static final long SPA = 1L << 16;
  private static final long CPA = 1L << 23;
  private static final long SCF = 0xf;
  // 6, 12 and 24 MHz
  private static final long CLOCKS = 0x7;

  private final DeviceClock clock;
  private final Runnable codecLinkUp;
  private final Cell[] control = new Cell[SDI.length];
  private final Cell[] losidv = new Cell[SDI.length];
  private final Cell[] lsdiid = new Cell[SDI.length];
  private final DeviceClock.@Nullable Task[] switching = new DeviceClock.@Nullable Task[SDI.length];

  /** Calls back when the codec's link gets its power. */
  MultiLink(RegisterFile.Builder file, DeviceClock clock, Runnable codecLinkUp) {
    this.clock = clock;
    this.codecLinkUp = codecLinkUp;
    file.register("MLCD", BASE + 0x04, 4).reset(SDI.length - 1);
    for (int k = 0; k < SDI.length; k++) {
      int link = k;
      int at = BASE + FIRST + STRIDE * k;
      file.register("LCAP" + k, at, 4).reset(CLOCKS);
      control[k] = file.register("LCTL" + k, at + 0x04, 4).reset(SPA | CPA).rw(SPA | SCF);
      control[k].onWrite((before, after, written, mask) -> written(link, before, after));
      losidv[k] = file.register("LOSIDV" + k, at + 0x08, 4).reset(TAGS_OUT[k]).rw(0xffff);
      lsdiid[k] = file.register("LSDIID" + k, at + 0x0c, 4).reset(SDI[k]).rw(0x7fff);
      file.register("LPSOO" + k, at + 0x10, 2);
      file.register("LPSIO" + k, at + 0x12, 2);
      file.register("LWALFC" + k, at + 0x18, 4);
    }
  }

  private void written(int link, long before, long after) {
    if (((before ^ after) & SPA) != 0) {
      cancel(link);
      switching[link] = clock.schedule(Delays.LINK_POWER, () -> follow(link));
    }
  }

  private void cancel(int link) {
    DeviceClock.Task under = switching[link];
    if (under != null) {
      under.cancel();
      switching[link] = null;
    }
  }

  private void follow(int link) {
    switching[link] = null;
    boolean on = control[link].has(SPA);
    boolean was = control[link].has(CPA);
    if (on) {
      control[link].setBits(CPA);
    } else {
      control[link].clearBits(CPA);
    }
    if (on && !was && lsdiid[link].has(1L << AudioCodec.ADDRESS)) {
      codecLinkUp.run();
    }
  }

  /** Whether a codec's link has power. */
  boolean carries(int codec) {
    for (int link = 0; link < SDI.length; link++) {
      if (lsdiid[link].has(1L << codec) && control[link].has(CPA)) {
        return true;
      }
    }
    return false;
  }

  /** Whether what goes out with a tag reaches a codec. */
  boolean letsOut(int codec, int tag) {
    for (int link = 0; link < SDI.length; link++) {
      if (lsdiid[link].has(1L << codec) && control[link].has(CPA) && losidv[link].has(1L << tag)) {
        return true;
      }
    }
    return false;
  }

  /** Nothing is being switched any more; the registers are reset by their file. */
  void reset() {
    for (int link = 0; link < SDI.length; link++) {
      cancel(link);
    }
  }
}
