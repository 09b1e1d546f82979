package dev.vflux.adsp;

import java.time.Duration;

/** The rungs of the ladder on which {@link DspRecovery} brings a DSP back, the smallest first. */
public enum RecoveryRung {
  /** Every open stream is stopped and reset (SDxCTL.SRST); the firmware runs on. */
  STREAM(Duration.ofSeconds(3)),
  /** The cores are put into reset, lose their power, and boot again (ADSPCS). */
  CORE(Duration.ofSeconds(20)),
  /** The controller is reset, and with it streams and cores (GCTL.CRST); then a boot. */
  CONTROLLER(Duration.ofSeconds(20)),
  /** The PCI function is reset (VFIO_DEVICE_RESET); then a boot. */
  FUNCTION(Duration.ofSeconds(25)),
  /** The device is closed and opened again; then a boot. */
  REOPEN(Duration.ofSeconds(40));

  private final Duration limit;

  RecoveryRung(Duration limit) {
    this.limit = limit;
  }

  /**
   * How long this rung may take, the check that follows included: longer than its slowest boot of
   * {@link FirmwareLoader#DEFAULT_ATTEMPTS} attempts.
   *
   * @return the limit
   */
  public Duration limit() {
    return limit;
  }
}
