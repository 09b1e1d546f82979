package dev.vflux.adsp;

import dev.vflux.vfio.DriverException;

/** The ROM has given up and said why. Immutable; any thread. */
public final class RomHaltedException extends DriverException {

  private static final long serialVersionUID = 1L;

  private final transient RomStatus status;

  RomHaltedException(String device, RomStatus status) {
    super("read ROM_STATUS", device, "the ROM halted: " + status.describe(), status.likelyCause());
    this.status = status;
  }

  /**
   * What it said.
   *
   * @return status and error word
   */
  public RomStatus status() {
    return status;
  }
}
