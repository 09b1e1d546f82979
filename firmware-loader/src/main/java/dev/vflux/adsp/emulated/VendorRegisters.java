package dev.vflux.adsp.emulated;

import dev.vflux.emulated.Cell;
import dev.vflux.emulated.DeviceClock;
import dev.vflux.emulated.RegisterFile;

/**
 * Intel's own registers from BAR0 + 0x1000 on. They keep what is written; only D0I3C does
 * something: a write shows CIP for a while. Not touched by the controller reset. Offsets: Linux
 * {@code include/sound/hda_register.h} and {@code sound/soc/sof/intel/hda.h}.
 */
final class VendorRegisters {

  private static final int FIRST = 0x1000;
  private static final int END = 0x1080;
  private static final long CIP = 0x1;
  private static final long I3 = 0x4;
  private static final long ALL = 0xffff_ffffL;

  private VendorRegisters() {}

  /** They are in a file of their own, at their offsets in BAR0. */
  static RegisterFile file(long size, DeviceClock clock) {
    RegisterFile.Builder file = RegisterFile.builder(size);
    file.register("EM1", 0x1000, 4).rw(ALL);
    file.register("INRC", 0x1004, 4).rw(ALL);
    file.register("OUTRC", 0x1008, 4).rw(ALL);
    file.register("FIFOTRK", 0x100c, 4).rw(ALL);
    file.register("EM2", 0x1030, 4).reset(0x2000).rw(ALL);
    file.register("EM3L", 0x1038, 4).rw(ALL);
    file.register("EM3U", 0x103c, 4).rw(ALL);
    file.register("EM4L", 0x1040, 4).rw(ALL);
    file.register("EM4U", 0x1044, 4).rw(ALL);
    file.register("LTRP", 0x1048, 1).reset(0x20).rw(0xff);
    Cell d0i3c = file.register("D0I3C", 0x104a, 1).rw(I3);
    d0i3c.onWrite(
        (before, after, written, mask) -> {
          d0i3c.setBits(CIP);
          clock.schedule(Delays.D0I3_COMMAND, () -> d0i3c.clearBits(CIP));
        });
    file.register("PCE", 0x104b, 1).rw(0xff);
    file.register("L2MAGC", 0x1050, 4).rw(ALL);
    file.register("L2LAHPT", 0x1054, 4).rw(ALL);
    return file.build();
  }

  static boolean holds(long offset) {
    return offset >= FIRST && offset < END;
  }
}
