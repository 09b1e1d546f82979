package dev.vflux.vfio;

import java.util.Set;

/**
 * What a device says of one interrupt index (struct vfio_irq_info).
 *
 * @param index which index
 * @param count the number of vectors; 0 when the device has none
 * @param flags what can be done with them
 */
public record IrqInfo(IrqIndex index, int count, Set<Flag> flags) {

  /** VFIO_IRQ_INFO_* flags of include/uapi/linux/vfio.h. */
  public enum Flag {
    /** VFIO_IRQ_INFO_EVENTFD: signals eventfds. */
    EVENTFD,
    /** VFIO_IRQ_INFO_MASKABLE: can be masked and unmasked. */
    MASKABLE,
    /** VFIO_IRQ_INFO_AUTOMASKED: masks itself when it fires. */
    AUTOMASKED,
    /** VFIO_IRQ_INFO_NORESIZE: vectors cannot be added while the index is enabled. */
    NORESIZE
  }

  /**
   * Creates the description.
   *
   * @param index which index
   * @param count the number of vectors
   * @param flags what can be done with them; copied
   */
  public IrqInfo {
    flags = Set.copyOf(flags);
  }
}
