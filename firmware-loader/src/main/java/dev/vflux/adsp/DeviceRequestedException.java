package dev.vflux.adsp;

import dev.vflux.vfio.DriverException;

/**
 * The boot was given up because somebody wants the device: the kernel, to unbind it (REQ), or the
 * application, to power it down. Immutable; any thread.
 */
public final class DeviceRequestedException extends DriverException {

  private static final long serialVersionUID = 1L;

  DeviceRequestedException(String device, String who, String advice) {
    super("boot", device, who, advice);
  }
}
