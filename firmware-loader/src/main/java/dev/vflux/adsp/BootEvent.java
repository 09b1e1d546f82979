package dev.vflux.adsp;

import dev.vflux.firmware.IpcVersion;
import dev.vflux.firmware.VerificationReport;
import dev.vflux.vfio.IrqIndex;
import java.time.Duration;
import java.util.Set;

/**
 * What happened during a boot, and when. Immutable; any thread. A boot that succeeds ends with
 * {@link Completed}; one that fails ends with an error instead.
 */
public sealed interface BootEvent {

  /**
   * When it happened.
   *
   * @return the time since the boot began
   */
  Duration at();

  /**
   * The boot begins.
   *
   * @param at when the loop took the boot up, close to zero once the JVM is warm
   * @param device the device's name
   * @param platform what it is
   * @param ipc the protocol of the image
   * @param bytes the size of the payload in bytes
   * @param imr whether the ROM will be asked for the image it retained, before anything is loaded
   */
  record Started(
      Duration at, String device, DspPlatform platform, IpcVersion ipc, int bytes, boolean imr)
      implements BootEvent {}

  /**
   * A stage begins.
   *
   * @param at when
   * @param attempt of which attempt, from 1
   * @param stage which
   */
  record StageStarted(Duration at, int attempt, BootStage stage) implements BootEvent {}

  /**
   * A stage has succeeded.
   *
   * @param at when
   * @param attempt of which attempt, from 1
   * @param stage which
   * @param took how long it took
   * @param waited how much of that went by waiting on the device
   */
  record StageFinished(Duration at, int attempt, BootStage stage, Duration took, Duration waited)
      implements BootEvent {}

  /**
   * The image was checked; see {@link VerifyPolicy}.
   *
   * @param at when
   * @param report what was found
   */
  record Verified(Duration at, VerificationReport report) implements BootEvent {}

  /**
   * An interrupt was served that had a cause.
   *
   * @param at when it was served
   * @param index through which interrupt index it came
   * @param vector through which vector
   * @param count how many signals had added up
   * @param causes what it was about
   */
  record InterruptSeen(
      Duration at, IrqIndex index, int vector, long count, Set<InterruptCause> causes)
      implements BootEvent {

    /**
     * Creates the event.
     *
     * @param at when it was served
     * @param index through which interrupt index it came
     * @param vector through which vector
     * @param count how many signals had added up
     * @param causes what it was about; copied
     */
    public InterruptSeen {
      causes = Set.copyOf(causes);
    }
  }

  /**
   * A bounded look at a register has found what an interrupt should have announced. The boot goes
   * on.
   *
   * @param at when it was noticed
   * @param stage who was waiting
   * @param register the mnemonic of the register that was set
   */
  record LostInterrupt(Duration at, BootStage stage, String register) implements BootEvent {}

  /**
   * The code-load DMA moves.
   *
   * @param at when
   * @param transferred bytes so far, as the device reports them, at most {@code total}
   * @param total bytes in all
   */
  record Progress(Duration at, int transferred, int total) implements BootEvent {}

  /**
   * An attempt has failed; unless the boot ends with the same error, another one follows.
   *
   * @param at when
   * @param attempt which, from 1; 0 for the one from IMR
   * @param error why
   */
  record AttemptFailed(Duration at, int attempt, FirmwareBootException error)
      implements BootEvent {}

  /**
   * The firmware runs. Always the last event.
   *
   * @param at when
   * @param firmware what runs, with the report
   */
  record Completed(Duration at, BootedFirmware firmware) implements BootEvent {}
}
