package dev.vflux.vfio.kernel;

import dev.vflux.testing.IommufdGuestTest;

/** The guest's devices by iommufd and character device. */
@IommufdGuestTest
class KernelDevicesByIommufdTest implements KernelDevices {

  @Override
  public String iommu() {
    return "iommufd";
  }
}
