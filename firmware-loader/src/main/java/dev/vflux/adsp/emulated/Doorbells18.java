package dev.vflux.adsp.emulated;

import dev.vflux.emulated.Cell;
import dev.vflux.emulated.RegisterFile;

/**
 * The IPC registers of cAVS 1.8, 2.0 and 2.5. The host acknowledges a message in two writes: BUSY
 * of HIPCTDR, and DONE of HIPCTDA which lets the DSP send the next one. Offsets: Linux {@code
 * sound/soc/sof/intel/hda.h}.
 */
final class Doorbells18 extends Doorbells {

  private static final long BUSY = 1L << 31;
  private static final long DONE = 1L << 31;
  private static final long MESSAGE = 0x7fff_ffffL;
  private static final long BUSY_INTERRUPT = 0x1;
  private static final long DONE_INTERRUPT = 0x2;

  private final Cell hipctdr;
  private final Cell hipctdd;
  private final Cell hipcidr;
  private final Cell hipcida;
  private final Cell hipcidd;
  private final Cell hipcctl;
  private boolean awaitsDone;

  Doorbells18(RegisterFile.Builder file) {
    hipctdr = file.register("HIPCTDR", 0xc0, 4).w1c(BUSY);
    Cell hipctda = file.register("HIPCTDA", 0xc4, 4);
    hipctdd = file.register("HIPCTDD", 0xc8, 4);
    hipcidr = file.register("HIPCIDR", 0xd0, 4).rw(MESSAGE).rw1s(BUSY);
    hipcida = file.register("HIPCIDA", 0xd4, 4).rw(MESSAGE).w1c(DONE);
    hipcidd = file.register("HIPCIDD", 0xd8, 4).rw(0xffff_ffffL);
    file.register("HIPCCST", 0xe0, 4);
    file.register("HIPCCSR", 0xe4, 4);
    hipcctl = file.register("HIPCCTL", 0xe8, 4).rw(BUSY_INTERRUPT | DONE_INTERRUPT);
    hipctdr.onWrite((before, after, written, mask) -> taken());
    hipcidr.onWrite(
        (before, after, written, mask) -> {
          if ((written & BUSY) != 0) {
            rang();
          }
        });
    hipctda.onWrite(
        (before, after, written, mask) -> {
          if ((written & DONE) != 0) {
            hostDone();
          }
        });
  }

  private void hostDone() {
    awaitsDone = false;
    taken();
  }

  // Both writes of the host, in whichever order they come.
  private void taken() {
    if (canSend()) {
      acknowledged();
    }
  }

  @Override
  boolean hostPending() {
    return hipcidr.has(BUSY);
  }

  @Override
  int hostMessage() {
    return (int) (hipcidr.get() & MESSAGE);
  }

  @Override
  int hostExtension() {
    return (int) hipcidd.get();
  }

  @Override
  void finish() {
    hipcidr.clearBits(BUSY);
    hipcida.setBits(DONE);
  }

  @Override
  boolean canSend() {
    return !awaitsDone && !hipctdr.has(BUSY);
  }

  @Override
  void send(int message, int extension) {
    awaitsDone = true;
    hipctdd.set(extension);
    hipctdr.set(BUSY | (message & MESSAGE));
  }

  @Override
  boolean interrupting() {
    boolean busy = hipctdr.has(BUSY) && hipcctl.has(BUSY_INTERRUPT);
    return busy || (hipcida.has(DONE) && hipcctl.has(DONE_INTERRUPT));
  }

  @Override
  void withdraw() {
    awaitsDone = false;
    hipctdr.clearBits(BUSY);
  }

  @Override
  void reset() {
    awaitsDone = false;
  }
}
