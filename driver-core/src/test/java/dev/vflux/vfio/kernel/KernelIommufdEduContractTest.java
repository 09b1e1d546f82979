package dev.vflux.vfio.kernel;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.vflux.testing.DeviceContract;
import dev.vflux.testing.Guest;
import dev.vflux.testing.GuestTest;
import dev.vflux.vfio.Device;
import dev.vflux.vfio.Devices;
import org.junit.jupiter.api.BeforeAll;

/** The contract through the door {@code vfio:}, by character device and iommufd. */
@GuestTest
class KernelIommufdEduContractTest implements DeviceContract {

  @BeforeAll
  static void needsIommufd() {
    assumeTrue(Guest.hasIommufd(), "this kernel has no iommufd");
  }

  @Override
  public Device openEdu() {
    return Devices.open("vfio:" + Guest.edu() + "?iommu=iommufd");
  }
}
