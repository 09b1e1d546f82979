package dev.vflux.emulated;

import dev.vflux.testing.DeviceContract;
import dev.vflux.vfio.Device;
import dev.vflux.vfio.Devices;

/** The contract through the door {@code emulated:}, with device time running faster. */
class EmulatedEduContractTest implements DeviceContract {

  @Override
  public Device openEdu() {
    return Devices.open("emulated:edu?clock-rate=50");
  }
}
