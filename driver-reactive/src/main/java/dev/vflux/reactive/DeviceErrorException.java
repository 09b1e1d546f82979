package dev.vflux.reactive;

import dev.vflux.vfio.DriverException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The device has reported an error that it cannot correct (VFIO_PCI_ERR_IRQ_INDEX), and was not
 * brought back: its bus mastering is off. The cause is what kept the recovery from working, when
 * there was one. Immutable; any thread.
 */
public final class DeviceErrorException extends DriverException {

  private static final long serialVersionUID = 1L;

  private DeviceErrorException(String device, String answer, @Nullable Throwable cause) {
    super("use", device, answer, "see the kernel's log (AER); close the device and open it again");
    if (cause != null) {
      Throwable unusedSelf = initCause(cause);
    }
  }

  static DeviceErrorException reported(String device) {
    return new DeviceErrorException(device, "it reported an uncorrected error (ERR)", null);
  }

  DeviceErrorException notRecovered(Throwable failed) {
    return new DeviceErrorException(
        target(), answer() + ", and recovery failed: " + failed.getMessage(), failed);
  }

  DeviceErrorException notRecovered(Duration limit) {
    return new DeviceErrorException(
        target(), answer() + ", and recovery was not finished within " + limit, null);
  }
}
