package dev.vflux.adsp.emulated;

import dev.vflux.emulated.Cell;
import dev.vflux.emulated.DeviceClock;
import dev.vflux.emulated.RegisterFile;

/**
 * The extended capabilities of BAR0, chained as on hardware: ML, PP, GTS, DRSM, SPIB. A header
 * holds the next offset in 15:0, the id in 27:16 and the version in 31:28. Offsets: Linux {@code
 * include/sound/hda_register.h} and public logs of CNL and TGL.
 */
final class CapabilityList {

  static final int FIRST = 0xc00;

  private static final int ML = 0xc00;
  private static final int PP = 0x800;
  private static final int GTS = 0x500;
  private static final int DRSM = 0x1f00;
  private static final int SPIB = 0x700;

  private static final int ID_GTS = 1;
  private static final int ID_ML = 2;
  private static final int ID_PP = 3;
  private static final int ID_SPIB = 4;
  private static final int ID_DRSM = 5;

  private static final int LINKS = 2;
  private static final long LINK_SPA = 1L << 16;
  private static final long LINK_CPA = 1L << 23;
  private static final long GPROCEN = 1L << 30;
  private static final long PIE = 1L << 31;
  private static final int MAX_FIFO_BYTES = 0xc0;

  private final Cell ppctl;
  private final Cell ppsts;
  private final Cell spbfcctl;
  private final Cell[] spib;
  private final Cell[][] hostPositions;

  CapabilityList(RegisterFile.Builder file, DeviceClock clock) {
    int streams = GlobalRegisters.STREAMS;
    header(file, "MLCH", ML, ID_ML, PP);
    header(file, "PPCH", PP, ID_PP, GTS);
    header(file, "GTSCH", GTS, ID_GTS, DRSM);
    header(file, "DRSMCH", DRSM, ID_DRSM, SPIB);
    header(file, "SPBFCH", SPIB, ID_SPIB, 0);
    ppctl = file.register("PPCTL", PP + 0x04, 4).rw(PIE | GPROCEN | streamBits());
    ppsts = file.register("PPSTS", PP + 0x08, 4);
    spbfcctl = file.register("SPBFCCTL", SPIB + 0x04, 4).rw(streamBits());
    spib = new Cell[streams];
    hostPositions = new Cell[streams][];
    file.register("DRSMCTL", DRSM + 0x04, 4).rw(streamBits());
    for (int i = 0; i < streams; i++) {
      spib[i] = file.register("SPIB" + i, SPIB + 0x08 + 8 * i, 4).rw(0xffff_ffffL);
      file.register("MAXFIFOS" + i, SPIB + 0x0c + 8 * i, 4).reset(MAX_FIFO_BYTES);
      file.register("DPIBR" + i, DRSM + 0x08 + 8 * i, 4).rw(0xffff_ffffL);
      hostPositions[i] = hostPosition(file, i, PP + 0x10 + 0x10 * i);
      linkControl(file, i, PP + 0x10 + 0x10 * (streams + i));
    }
    links(file, clock);
  }

  private static void header(RegisterFile.Builder file, String name, int at, int id, int next) {
    file.register(name, at, 4).reset((long) id << 16 | next);
  }

  private static long streamBits() {
    return (1L << GlobalRegisters.STREAMS) - 1;
  }

  private static Cell[] hostPosition(RegisterFile.Builder file, int i, int at) {
    return new Cell[] {
      file.register("PPHC" + i + "LLPL", at, 4),
      file.register("PPHC" + i + "LLPU", at + 0x4, 4),
      file.register("PPHC" + i + "LDPL", at + 0x8, 4),
      file.register("PPHC" + i + "LDPU", at + 0xc, 4)
    };
  }

  private static void linkControl(RegisterFile.Builder file, int i, int at) {
    file.register("PPLC" + i + "CTL", at, 4).rw(0xf0_0003L);
    file.register("PPLC" + i + "FMT", at + 0x4, 2).rw(0xffff);
    file.register("PPLC" + i + "LLPL", at + 0x8, 4);
    file.register("PPLC" + i + "LLPU", at + 0xc, 4);
  }

  private static void links(RegisterFile.Builder file, DeviceClock clock) {
    file.register("MLCD", ML + 0x04, 4).reset(LINKS - 1);
    for (int k = 0; k < LINKS; k++) {
      int at = ML + 0x40 + 0x40 * k;
      file.register("LCAP" + k, at, 4);
      Cell control = file.register("LCTL" + k, at + 0x04, 4).rw(LINK_SPA | 0xf);
      control.onWrite((before, after, written, mask) -> power(control, clock, before, after));
      file.register("LOSIDV" + k, at + 0x08, 4).rw(0xffff);
      file.register("LSDIID" + k, at + 0x0c, 4).rw(0x7fff);
      file.register("LPSOO" + k, at + 0x10, 2);
      file.register("LPSIO" + k, at + 0x12, 2);
      file.register("LWALFC" + k, at + 0x18, 4);
    }
  }

  private static void power(Cell control, DeviceClock clock, long before, long after) {
    if (((before ^ after) & LINK_SPA) != 0) {
      clock.schedule(Delays.LINK_POWER, () -> follow(control));
    }
  }

  private static void follow(Cell control) {
    if (control.has(LINK_SPA)) {
      control.setBits(LINK_CPA);
    } else {
      control.clearBits(LINK_CPA);
    }
  }

  Cell ppctl() {
    return ppctl;
  }

  Cell ppsts() {
    return ppsts;
  }

  /** Whether BAR4 is alive. */
  boolean gprocen() {
    return ppctl.has(GPROCEN);
  }

  /** Whether a stream feeds the DSP instead of the link. */
  boolean procen(int stream) {
    return ppctl.has(1L << stream);
  }

  /** Whether a stream stops at its SPIB. */
  boolean spibEnabled(int stream) {
    return spbfcctl.has(1L << stream);
  }

  /** Bytes of valid data in a stream's buffer. */
  long spib(int stream) {
    return spib[stream].get();
  }

  /** Shows how many bytes a stream has moved since it was started, without wrapping. */
  void showHostPosition(int stream, long linear) {
    for (int word = 0; word < hostPositions[stream].length; word++) {
      hostPositions[stream][word].set(linear >>> (32 * (word & 1)));
    }
  }
}
