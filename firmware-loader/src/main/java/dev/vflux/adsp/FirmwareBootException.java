package dev.vflux.adsp;

import dev.vflux.reactive.RegisterTimeoutException;
import dev.vflux.vfio.DriverException;
import java.util.Optional;

/**
 * A boot that failed: at which stage, in which attempt, what the ROM said, and why. The device was
 * left quiet. Immutable; any thread.
 */
public final class FirmwareBootException extends DriverException {

  private static final long serialVersionUID = 1L;

  private final BootStage stage;
  private final int attempt;
  private final transient Optional<RomStatus> romStatus;
  private final boolean mayPass;

  FirmwareBootException(
      String device,
      BootStage stage,
      int attempt,
      Optional<RomStatus> romStatus,
      String hint,
      DriverException cause) {
    super(
        "boot stage " + stage + ", attempt " + attempt,
        device,
        answer(romStatus, cause),
        advice(romStatus, hint, cause));
    initCause(cause);
    this.stage = stage;
    this.attempt = attempt;
    this.romStatus = romStatus;
    this.mayPass = cause.isTransient();
  }

  private static String answer(Optional<RomStatus> rom, DriverException cause) {
    String text = cause.operation() + ": " + cause.answer();
    return cause instanceof RomHaltedException
        ? text
        : text + rom.map(status -> "; ROM " + status.describe()).orElse("");
  }

  private static String advice(Optional<RomStatus> rom, String hint, DriverException cause) {
    if (!hint.isEmpty()) {
      return hint;
    }
    String likely = rom.map(RomStatus::likelyCause).orElse("");
    return likely.isEmpty() ? cause.advice() : likely;
  }

  /**
   * Where it failed.
   *
   * @return the stage
   */
  public BootStage stage() {
    return stage;
  }

  /**
   * In which attempt.
   *
   * @return from 1; 0 for the one from IMR
   */
  public int attempt() {
    return attempt;
  }

  /**
   * What the ROM said when it failed.
   *
   * @return status and error word; empty when the DSP was not on, or does not answer
   */
  public Optional<RomStatus> romStatus() {
    return romStatus;
  }

  /**
   * The time-out behind it: register, mask, wanted and last value.
   *
   * @return the nearest cause that is a time-out
   */
  public Optional<RegisterTimeoutException> timeout() {
    for (Throwable cause = getCause(); cause != null; cause = cause.getCause()) {
      if (cause instanceof RegisterTimeoutException timeout) {
        return Optional.of(timeout);
      }
    }
    return Optional.empty();
  }

  /** Whether the same attempt may succeed when it is made again. */
  @Override
  public boolean isTransient() {
    return mayPass;
  }
}
