package dev.vflux.hda;

import static dev.vflux.hda.HdaRegisters.CAPABILITY_PP;
import static dev.vflux.hda.HdaRegisters.CAPABILITY_SPIB;
import static dev.vflux.hda.HdaRegisters.PPCTL;
import static dev.vflux.hda.HdaRegisters.PPCTL_GPROCEN;
import static dev.vflux.hda.HdaRegisters.PPCTL_PIE;
import static dev.vflux.hda.HdaRegisters.SPBFCCTL;
import static dev.vflux.hda.HdaRegisters.SPIB;
import static dev.vflux.hda.HdaRegisters.SPIB_STRIDE;

import dev.vflux.vfio.Register;

/**
 * What leads from a stream to the DSP instead of to the link: the PP and SPIB capabilities. A
 * controller without a DSP has neither. Driver loop only.
 */
final class ProcessingPipe {

  private final RegisterPort bar0;
  private final Register ppctl;
  private final Register spbfcctl;
  private final Register spib;

  private ProcessingPipe(RegisterPort bar0, long pp, long spib) {
    this.bar0 = bar0;
    this.ppctl = PPCTL.at(pp);
    this.spbfcctl = SPBFCCTL.at(spib);
    this.spib = SPIB.at(spib);
  }

  /** Both capabilities, with a register for every stream. */
  static ProcessingPipe find(HdaCapabilities capabilities, RegisterPort bar0, int streams) {
    long pp = capabilities.require(CAPABILITY_PP, "PP", PPCTL.offset() + Integer.BYTES, bar0);
    long lastSpib = SPIB.offset() + SPIB_STRIDE * (streams - 1);
    long spib = capabilities.require(CAPABILITY_SPIB, "SPIB", lastSpib + Integer.BYTES, bar0);
    return new ProcessingPipe(bar0, pp, spib);
  }

  void dsp(boolean on) {
    if (on) {
      bar0.set(ppctl, PPCTL_GPROCEN);
      bar0.set(ppctl, PPCTL_PIE);
    } else {
      bar0.clear(ppctl, PPCTL_PIE);
      bar0.clear(ppctl, PPCTL_GPROCEN);
    }
  }

  /** Whether a stream feeds the DSP and not the link. */
  void decouple(int stream, boolean on) {
    bar0.update(ppctl, 1 << stream, on ? 1 << stream : 0);
  }

  /** Whether a stream stops at the position that {@link #position} sets. */
  void softwarePosition(int stream, boolean on) {
    bar0.update(spbfcctl, 1 << stream, on ? 1 << stream : 0);
  }

  void position(int stream, int bytes) {
    bar0.write(spib.at(SPIB_STRIDE * stream), bytes);
  }
}
