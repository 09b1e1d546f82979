package dev.vflux.reactive;

import dev.vflux.testing.GuestTest;

/** The faults through the door {@code vfio:}, by group and container. */
@GuestTest
class KernelFaultsByGroupTest implements KernelFaultContract {

  @Override
  public String iommu() {
    return "group";
  }
}
