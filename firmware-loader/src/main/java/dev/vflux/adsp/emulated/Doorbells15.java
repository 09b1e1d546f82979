package dev.vflux.adsp.emulated;

import dev.vflux.emulated.Cell;
import dev.vflux.emulated.RegisterFile;

/**
 * The IPC registers of cAVS 1.5 and 1.5+. One write of the host, BUSY of HIPCT, both takes a
 * message and lets the DSP send the next one. Offsets: Linux {@code sound/soc/sof/intel/hda.h}.
 */
final class Doorbells15 extends Doorbells {

  private static final long BUSY = 1L << 31;
  private static final long DONE = 1L << 30;
  private static final long MESSAGE = 0x7fff_ffffL;
  private static final long EXTENSION = 0x3fff_ffffL;
  private static final long BUSY_INTERRUPT = 0x1;
  private static final long DONE_INTERRUPT = 0x2;

  private final Cell hipct;
  private final Cell hipcte;
  private final Cell hipci;
  private final Cell hipcie;
  private final Cell hipcctl;

  Doorbells15(RegisterFile.Builder file) {
    hipct = file.register("HIPCT", 0x40, 4).w1c(BUSY);
    hipcte = file.register("HIPCTE", 0x44, 4);
    hipci = file.register("HIPCI", 0x48, 4).rw(MESSAGE).rw1s(BUSY);
    hipcie = file.register("HIPCIE", 0x4c, 4).rw(EXTENSION).w1c(DONE);
    hipcctl = file.register("HIPCCTL", 0x50, 4).rw(BUSY_INTERRUPT | DONE_INTERRUPT);
    hipci.onWrite(
        (before, after, written, mask) -> {
          if ((written & BUSY) != 0) {
            rang();
          }
        });
    hipct.onWrite(
        (before, after, written, mask) -> {
          if ((before & ~after & BUSY) != 0) {
            acknowledged();
          }
        });
  }

  @Override
  boolean hostPending() {
    return hipci.has(BUSY);
  }

  @Override
  int hostMessage() {
    return (int) (hipci.get() & MESSAGE);
  }

  @Override
  int hostExtension() {
    return (int) (hipcie.get() & EXTENSION);
  }

  @Override
  void finish() {
    hipci.clearBits(BUSY);
    hipcie.setBits(DONE);
  }

  @Override
  boolean canSend() {
    return !hipct.has(BUSY);
  }

  @Override
  void send(int message, int extension) {
    hipcte.set(extension & EXTENSION);
    hipct.set(BUSY | (message & MESSAGE));
  }

  @Override
  boolean interrupting() {
    boolean busy = hipct.has(BUSY) && hipcctl.has(BUSY_INTERRUPT);
    return busy || (hipcie.has(DONE) && hipcctl.has(DONE_INTERRUPT));
  }

  @Override
  void withdraw() {
    hipct.clearBits(BUSY);
  }

  @Override
  void reset() {
    // all of its state is in registers
  }
}
