package dev.vflux.hda;

import dev.vflux.vfio.IrqIndex;

/**
 * An interrupt that was handled: its causes were read, acknowledged and passed on before this was
 * emitted. Immutable; any thread.
 *
 * @param index through which interrupt index it came
 * @param vector through which vector
 * @param count how many signals the kernel's counter had summed up
 * @param nanoTime when the loop read that counter, {@link System#nanoTime()}
 * @param completed a bit for each stream index that finished a descriptor with IOC (BCIS)
 * @param starved a bit for each stream index with a FIFO error (FIFOE)
 * @param failed a bit for each stream index with a descriptor error (DESE): its DMA has stopped
 * @param controller the controller itself: response ring or codec state change
 * @param responses how many codec responses it brought, unsolicited ones too
 * @param dsp the DSP
 */
public record ServedInterrupt(
    IrqIndex index,
    int vector,
    long count,
    long nanoTime,
    int completed,
    int starved,
    int failed,
    boolean controller,
    int responses,
    boolean dsp) {

  /**
   * Whether no cause was found.
   *
   * @return true when nothing was pending
   */
  public boolean spurious() {
    return (completed | starved | failed) == 0 && !controller && !dsp;
  }
}
