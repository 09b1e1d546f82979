package dev.vflux.audio;

import java.util.List;

/**
 * How a playback went. Immutable; any thread.
 *
 * @param settings what was asked for
 * @param end why it ended
 * @param frames frames taken from the publisher and played, or skipped by stopping
 * @param periods periods the DMA has finished
 * @param interrupts interrupts that told so
 * @param lostInterrupts how often a look found periods that no interrupt had told of
 * @param fifoErrors times the controller reported an empty FIFO (SDxSTS.FIFOE)
 * @param underruns how often the DMA reached a period nobody had written
 * @param firstUnderruns where they began, the first {@link #KEPT} of them
 * @param silentFrames frames played as silence because of under-runs
 */
public record PlaybackReport(
    StreamSettings settings,
    StreamEnd end,
    long frames,
    long periods,
    long interrupts,
    long lostInterrupts,
    long fifoErrors,
    long underruns,
    List<Underrun> firstUnderruns,
    long silentFrames) {

  /** How many under-runs are kept with their positions. */
  public static final int KEPT = 64;

  /**
   * Creates a report.
   *
   * @param settings what was asked for
   * @param end why it ended
   * @param frames frames taken from the publisher
   * @param periods periods the DMA has finished
   * @param interrupts interrupts that told so
   * @param lostInterrupts looks that found more
   * @param fifoErrors FIFO errors
   * @param underruns how many
   * @param firstUnderruns where they began; copied
   * @param silentFrames frames of silence in their place
   */
  public PlaybackReport {
    firstUnderruns = List.copyOf(firstUnderruns);
  }
}
