package dev.vflux.reactive;

import dev.vflux.testing.GuestTest;

/** The kernel's interrupts by group and container. */
@GuestTest
class KernelInterruptsByGroupTest implements KernelInterrupts {

  @Override
  public String iommu() {
    return "group";
  }
}
