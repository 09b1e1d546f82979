package dev.vflux.reactive;

import dev.vflux.testing.IommufdGuestTest;

/** The faults through the door {@code vfio:}, by character device and iommufd. */
@IommufdGuestTest
class KernelFaultsByIommufdTest implements KernelFaultContract {

  @Override
  public String iommu() {
    return "iommufd";
  }
}
