package dev.vflux.adsp.emulated;

import dev.vflux.emulated.Cell;
import dev.vflux.emulated.RegisterFile;
import java.util.ArrayList;
import java.util.List;

/**
 * The extended capabilities of BAR0, chained as on hardware: ML (see {@link MultiLink}), PP, GTS,
 * DRSM, SPIB. A header holds the next offset in 15:0, the id in 27:16 and the version in 31:28.
 * Offsets: Linux {@code include/sound/hda_register.h} and public logs of CNL and TGL.
 */
final class CapabilityList {

  static final int FIRST = MultiLink.BASE;

  private static final int PP = 0x800;
  private static final int GTS = 0x500;
  private static final int DRSM = 0x1f00;
  private static final int SPIB = 0x700;

  private static final int ID_GTS = 1;
  private static final int ID_ML = 2;
  private static final int ID_PP = 3;
  private static final int ID_SPIB = 4;
  private static final int ID_DRSM = 5;

  private static final long GPROCEN = 1L << 30;
  private static final long PIE = 1L << 31;
  private static final int MAX_FIFO_BYTES = 0xc0;

  private final Cell ppctl;
  private final Cell ppsts;
  private final Cell spbfcctl;
  private final Cell[] spib;
  private final Cell[][] hostPositions;
  private final List<LinkChannel> linkChannels = new ArrayList<>();

  CapabilityList(RegisterFile.Builder file) {
    int streams = GlobalRegisters.STREAMS;
    header(file, "MLCH", MultiLink.BASE, ID_ML, PP);
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
      linkChannels.add(new LinkChannel(file, i, PP + 0x10 + 0x10 * (streams + i)));
    }
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

  /** The channels of the link DMA, by the index of their stream. */
  List<LinkChannel> linkChannels() {
    return linkChannels;
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
