package dev.vflux.adsp;

import java.time.Duration;

/**
 * What happened while a DSP was brought back, and when. Immutable; any thread. A recovery that
 * succeeds ends with {@link Recovered}; one that fails ends with {@link DspRecoveryException}.
 */
public sealed interface RecoveryEvent {

  /**
   * When it happened.
   *
   * @return the time since the recovery began
   */
  Duration at();

  /**
   * Which rung it is about.
   *
   * @return the rung
   */
  RecoveryRung rung();

  /**
   * A rung is tried, as the one below did not bring the device back.
   *
   * @param at when
   * @param rung which
   */
  record RungStarted(Duration at, RecoveryRung rung) implements RecoveryEvent {}

  /**
   * A rung did not bring the device back.
   *
   * @param at when
   * @param rung which
   * @param took how long it was tried
   * @param error why
   */
  record RungFailed(Duration at, RecoveryRung rung, Duration took, Throwable error)
      implements RecoveryEvent {}

  /**
   * The firmware runs and answers. Always the last event.
   *
   * @param at when
   * @param rung which one brought it back
   * @param took how long that took
   * @param loader the loader to go on with; after {@link RecoveryRung#REOPEN} one for the device
   *     that was opened, which belongs to the subscriber, who closes it
   * @param firmware what runs
   */
  record Recovered(
      Duration at, RecoveryRung rung, Duration took, FirmwareLoader loader, BootedFirmware firmware)
      implements RecoveryEvent {}
}
