package dev.vflux.vfio.kernel;

import dev.vflux.testing.DeviceContract;
import dev.vflux.testing.Guest;
import dev.vflux.testing.IommufdGuestTest;
import dev.vflux.vfio.Device;
import dev.vflux.vfio.Devices;

/** The contract through the door {@code vfio:}, by character device and iommufd. */
@IommufdGuestTest
class KernelIommufdEduContractTest implements DeviceContract {

  @Override
  public Device openEdu() {
    return Devices.open("vfio:" + Guest.edu() + "?iommu=iommufd");
  }
}
