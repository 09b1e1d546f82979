package dev.vflux.adsp.emulated;

import dev.vflux.emulated.Cell;
import dev.vflux.emulated.DmaBus;
import dev.vflux.emulated.DmaFaultException;
import dev.vflux.emulated.RegisterFile;
import java.nio.ByteBuffer;

/**
 * CORB, RIRB and the immediate command registers of a link without codecs: commands are fetched and
 * go out, and no response ever comes. An immediate command stays BUSY until software gives up and
 * clears it.
 */
final class CommandRings implements InterruptTree.Source {

  private static final int COMMAND_BYTES = 4;
  private static final long BASE_LOW = 0xffff_ff80L;
  private static final long READ_POINTER_RESET = 0x8000;
  private static final long INDEX = 0xff;
  private static final long RUN = 0x2;
  private static final long MEMORY_ERROR = 0x1;
  private static final long RESPONSE_AND_OVERRUN = 0x5;
  private static final long SIZES = 0x40;
  private static final long SIZE_256 = 0x2;
  private static final long SIZE_SELECT = 0x3;
  private static final int[] ENTRIES = {2, 16, 256, 256};

  private final DmaBus dma;
  private final ByteBuffer command = ByteBuffer.allocate(COMMAND_BYTES);
  private final Cell corbLow;
  private final Cell corbHigh;
  private final Cell corbwp;
  private final Cell corbrp;
  private final Cell corbctl;
  private final Cell corbsts;
  private final Cell corbsize;
  private final Cell rirbctl;
  private final Cell rirbsts;

  CommandRings(RegisterFile.Builder file, DmaBus dma) {
    this.dma = dma;
    corbLow = file.register("CORBLBASE", 0x40, 4).rw(BASE_LOW);
    corbHigh = file.register("CORBUBASE", 0x44, 4).rw(0xffff_ffffL);
    corbwp = file.register("CORBWP", 0x48, 2).rw(INDEX);
    corbrp = file.register("CORBRP", 0x4a, 2).rw(READ_POINTER_RESET);
    corbctl = file.register("CORBCTL", 0x4c, 1).rw(0x3);
    corbsts = file.register("CORBSTS", 0x4d, 1).w1c(MEMORY_ERROR);
    corbsize = file.register("CORBSIZE", 0x4e, 1).reset(SIZES | SIZE_256).rw(SIZE_SELECT);
    file.register("RIRBLBASE", 0x50, 4).rw(BASE_LOW);
    file.register("RIRBUBASE", 0x54, 4).rw(0xffff_ffffL);
    file.register("RIRBWP", 0x58, 2);
    file.register("RINTCNT", 0x5a, 2).rw(INDEX);
    rirbctl = file.register("RIRBCTL", 0x5c, 1).rw(0x7);
    rirbsts = file.register("RIRBSTS", 0x5d, 1).w1c(RESPONSE_AND_OVERRUN);
    file.register("RIRBSIZE", 0x5e, 1).reset(SIZES | SIZE_256).rw(SIZE_SELECT);
    file.register("IC", 0x60, 4).rw(0xffff_ffffL);
    file.register("IR", 0x64, 4);
    file.register("IRS", 0x68, 2).rw(0x1).w1c(0x2);
    corbrp.onWrite((before, after, written, mask) -> readPointerWritten());
    corbwp.onWrite((before, after, written, mask) -> fetch());
    corbctl.onWrite((before, after, written, mask) -> fetch());
  }

  private void readPointerWritten() {
    if (corbrp.has(READ_POINTER_RESET)) {
      corbrp.set(READ_POINTER_RESET);
    }
  }

  private void fetch() {
    int entries = ENTRIES[(int) (corbsize.get() & SIZE_SELECT)];
    long last = corbwp.get() % entries;
    while (corbctl.has(RUN) && (corbrp.get() & INDEX) != last) {
      long next = ((corbrp.get() & INDEX) + 1) % entries;
      command.clear();
      try {
        dma.read((corbHigh.get() << 32 | corbLow.get()) + next * COMMAND_BYTES, command);
      } catch (DmaFaultException unreadable) {
        corbsts.setBits(MEMORY_ERROR);
        corbctl.clearBits(RUN);
        return;
      }
      corbrp.set((corbrp.get() & READ_POINTER_RESET) | next);
    }
  }

  @Override
  public boolean status() {
    return corbsts.get() != 0 || rirbsts.get() != 0;
  }

  @Override
  public boolean enabled() {
    return (corbsts.get() & corbctl.get() & 1) != 0 || (rirbsts.get() & rirbctl.get() & 5) != 0;
  }
}
