package dev.vflux.vfio;

/** The interrupt indexes of a PCI device, as in include/uapi/linux/vfio.h. */
public enum IrqIndex {
  /** VFIO_PCI_INTX_IRQ_INDEX: the legacy level interrupt; masked by the kernel when it fires. */
  INTX(0),
  /** VFIO_PCI_MSI_IRQ_INDEX: message signalled interrupts. */
  MSI(1),
  /** VFIO_PCI_MSIX_IRQ_INDEX: message signalled interrupts of the MSI-X table. */
  MSIX(2),
  /** VFIO_PCI_ERR_IRQ_INDEX: an uncorrected PCIe error. Often absent. */
  ERR(3),
  /** VFIO_PCI_REQ_IRQ_INDEX: the kernel asks for the device back. */
  REQ(4);

  private final int number;

  IrqIndex(int number) {
    this.number = number;
  }

  /**
   * The number in the VFIO ABI.
   *
   * @return 0 to 4
   */
  public int number() {
    return number;
  }
}
