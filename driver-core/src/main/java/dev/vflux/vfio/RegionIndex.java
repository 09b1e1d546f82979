package dev.vflux.vfio;

/** The regions of a PCI device, as in include/uapi/linux/vfio.h. */
public enum RegionIndex {
  /** VFIO_PCI_BAR0_REGION_INDEX. */
  BAR0(0),
  /** VFIO_PCI_BAR1_REGION_INDEX. */
  BAR1(1),
  /** VFIO_PCI_BAR2_REGION_INDEX. */
  BAR2(2),
  /** VFIO_PCI_BAR3_REGION_INDEX. */
  BAR3(3),
  /** VFIO_PCI_BAR4_REGION_INDEX. */
  BAR4(4),
  /** VFIO_PCI_BAR5_REGION_INDEX. */
  BAR5(5),
  /** VFIO_PCI_ROM_REGION_INDEX. */
  ROM(6),
  /** VFIO_PCI_CONFIG_REGION_INDEX: the PCI configuration space. */
  CONFIG(7),
  /** VFIO_PCI_VGA_REGION_INDEX. */
  VGA(8);

  private final int number;

  RegionIndex(int number) {
    this.number = number;
  }

  /**
   * The number in the VFIO ABI.
   *
   * @return 0 to 8
   */
  public int number() {
    return number;
  }
}
