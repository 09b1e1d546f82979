package dev.vflux.hda;

import static dev.vflux.hda.HdaRegisters.EM2;
import static dev.vflux.hda.HdaRegisters.EM2_L1SEN;
import static dev.vflux.hda.HdaRegisters.LTRP;
import static dev.vflux.hda.HdaRegisters.LTRP_GB;

/**
 * Clocks and power that may be gated, and DMI L1, which an open capture stream forbids: registers
 * of Intel's own, there when there is a DSP. Linux {@code sound/soc/sof/intel/hda-ctrl.c}. Driver
 * loop only.
 */
final class HdaGating {

  private final AudioFunction pci;
  private final RegisterPort bar0;
  private boolean l1Allowed = true;

  HdaGating(AudioFunction pci, RegisterPort bar0) {
    this.pci = pci;
    this.bar0 = bar0;
  }

  void captureOpened() {
    if (pci.hasDsp()) {
      bar0.clear(EM2, EM2_L1SEN);
    }
  }

  void lastCaptureClosed() {
    if (l1Allowed && pci.hasDsp()) {
      bar0.set(EM2, EM2_L1SEN);
    }
  }

  void allow(boolean on, boolean captureOpen) {
    if (!pci.hasDsp()) {
      return;
    }
    pci.dspClockGating(on);
    l1Allowed = on;
    if (!on) {
      bar0.clear(EM2, EM2_L1SEN);
    } else if (!captureOpen) {
      bar0.set(EM2, EM2_L1SEN);
    }
    pci.dspPowerGating(on);
  }

  int guardBand(int micros) {
    int before = bar0.read(LTRP) & LTRP_GB;
    bar0.update(LTRP, LTRP_GB, micros);
    return before;
  }
}
