package dev.vflux.adsp;

import dev.vflux.vfio.DriverException;

/** A device or an image this loader does not boot. Immutable; any thread. */
public final class PlatformException extends DriverException {

  private static final long serialVersionUID = 1L;

  /** Why not. */
  public enum Reason {
    /** No platform has the device's PCI id. */
    UNKNOWN_DEVICE,
    /** The platform is known, but boots in a way that is not built. */
    NOT_BOOTABLE,
    /** The image is laid out for another generation, or has nothing a DSP could be loaded with. */
    WRONG_IMAGE
  }

  private final Reason reason;

  PlatformException(Reason reason, String device, String answer, String advice) {
    super("select platform", device, answer, advice);
    this.reason = reason;
  }

  /**
   * Why not.
   *
   * @return the reason
   */
  public Reason reason() {
    return reason;
  }
}
