package dev.vflux.reactive;

import dev.vflux.testing.IommufdGuestTest;

/** The kernel's interrupts by iommufd and character device. */
@IommufdGuestTest
class KernelInterruptsByIommufdTest implements KernelInterrupts {

  @Override
  public String iommu() {
    return "iommufd";
  }
}
