package dev.vflux.adsp;

import java.time.Duration;
import java.util.List;

/**
 * Where the time of a boot went. Immutable; any thread.
 *
 * @param total from subscription to the firmware being ready and the DMA memory freed
 * @param waited how much of it was spent waiting on a named device condition: a register, an
 *     interrupt, a settling time the specification asks for
 * @param attempts how many were needed, from 1
 * @param interrupts how many interrupts the device has sent, those without a cause included
 * @param spuriousInterrupts how many of them had no cause
 * @param lostInterrupts how many conditions were found by looking, because no interrupt came
 * @param imr whether the firmware came out of retained memory, without DMA
 * @param stages every stage that ended, in order, those of failed attempts too; what is done
 *     between two attempts belongs to none
 */
public record BootReport(
    Duration total,
    Duration waited,
    int attempts,
    long interrupts,
    long spuriousInterrupts,
    int lostInterrupts,
    boolean imr,
    List<StageTime> stages) {

  /**
   * One stage that ended.
   *
   * @param stage which
   * @param attempt of which attempt, from 1; 0 for the one from IMR
   * @param succeeded false when it failed, and another attempt followed
   * @param took how long it took
   * @param waited how much of that was spent waiting on the device
   */
  public record StageTime(
      BootStage stage, int attempt, boolean succeeded, Duration took, Duration waited) {}

  /**
   * Creates the report.
   *
   * @param total wall time
   * @param waited time spent waiting on the device
   * @param attempts how many were needed
   * @param interrupts how many interrupts the device has sent
   * @param spuriousInterrupts how many of them had no cause
   * @param lostInterrupts how many conditions were found without one
   * @param imr whether the firmware came out of retained memory
   * @param stages every stage that ended; copied
   */
  public BootReport {
    stages = List.copyOf(stages);
  }

  /**
   * The host's own part.
   *
   * @return total less waited
   */
  public Duration ours() {
    return total.minus(waited);
  }
}
