package dev.vflux.adsp.emulated;

/** The DSP as one source: ADSPIS.IPC through ADSPIC.IPC is PPSTS.PIS. */
final class DspInterrupt implements InterruptTree.Source {

  private final DspSpace dsp;
  private final Doorbells doorbells;

  DspInterrupt(DspSpace dsp, Doorbells doorbells) {
    this.dsp = dsp;
    this.doorbells = doorbells;
  }

  @Override
  public boolean status() {
    return dsp.ipcInterruptEnabled() && doorbells.interrupting();
  }

  @Override
  public boolean enabled() {
    return status();
  }
}
