package dev.vflux.hda;

import dev.vflux.vfio.IrqIndex;

/**
 * An interrupt that was handled: its causes were read, acknowledged and passed on before this was
 * emitted. What {@link HdaController#interrupts} hands to {@code onNext} is on the loop only and is
 * valid until {@code onNext} returns: the next one reuses it, so that an interrupt costs no
 * allocation. Touched at any other moment or by another thread it throws {@link
 * IllegalStateException}; to keep it take a {@link #snapshot()}, usually with {@code
 * .map(ServedInterrupt::snapshot)}. A snapshot is immutable and for any thread.
 */
public interface ServedInterrupt {

  /**
   * Through which interrupt index it came.
   *
   * @return MSI or INTX
   */
  IrqIndex index();

  /**
   * Through which vector.
   *
   * @return from 0
   */
  int vector();

  /**
   * How many signals the kernel's counter had summed up.
   *
   * @return at least 1
   */
  long count();

  /**
   * When the loop read that counter.
   *
   * @return nanoseconds on the scale of {@link System#nanoTime()}
   */
  long nanoTime();

  /**
   * The streams that finished a descriptor with IOC (BCIS).
   *
   * @return a bit for each stream index
   */
  int completed();

  /**
   * The streams with a FIFO error (FIFOE).
   *
   * @return a bit for each stream index
   */
  int starved();

  /**
   * The streams with a descriptor error (DESE): their DMA has stopped.
   *
   * @return a bit for each stream index
   */
  int failed();

  /**
   * Whether the controller itself was a cause.
   *
   * @return true for the response ring, the command ring or a codec's state change
   */
  boolean controller();

  /**
   * How many codec responses it brought, unsolicited ones too.
   *
   * @return a count
   */
  int responses();

  /**
   * Whether the DSP was a cause.
   *
   * @return what the source said that was given to {@link HdaController#interrupts}
   */
  boolean dsp();

  /**
   * Whether no cause was found.
   *
   * @return true when nothing was pending
   */
  default boolean spurious() {
    return (completed() | starved() | failed()) == 0 && !controller() && !dsp();
  }

  /**
   * An immutable copy.
   *
   * @return the same values; itself when it is a snapshot already
   */
  ServedInterrupt snapshot();
}
