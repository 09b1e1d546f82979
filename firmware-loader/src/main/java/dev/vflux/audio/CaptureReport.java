package dev.vflux.audio;

/**
 * How a recording went. Immutable; any thread.
 *
 * @param settings what was asked for
 * @param end why it ended
 * @param frames frames given to the subscriber
 * @param periods periods the DMA has finished
 * @param interrupts interrupts that told so
 * @param lostInterrupts how often a look found periods that no interrupt had told of
 * @param fifoErrors times the controller reported a full FIFO (SDxSTS.FIFOE)
 * @param overruns how often the DMA came round to periods nobody had taken
 * @param lostFrames frames that were overwritten then
 */
public record CaptureReport(
    StreamSettings settings,
    StreamEnd end,
    long frames,
    long periods,
    long interrupts,
    long lostInterrupts,
    long fifoErrors,
    long overruns,
    long lostFrames) {}
