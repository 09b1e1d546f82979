package dev.vflux.vfio.kernel;

import dev.vflux.testing.GuestTest;

/** The guest's devices by group and container. */
@GuestTest
class KernelDevicesByGroupTest implements KernelDevices {

  @Override
  public String iommu() {
    return "group";
  }
}
