package dev.vflux.audio;

import java.time.Duration;

/**
 * Where a stream is. Immutable; any thread.
 *
 * @param dmaFrames frames the host DMA has moved since the start, as its position register tells
 * @param linkFrames frames that have passed the link to the codec; the same as {@code dmaFrames}
 *     where nothing lies between
 * @param hostFrames frames the host has written, silence for under-runs included, or has taken
 * @param latency how long a frame takes from one end to the other now: from being written to the
 *     link, or from the link to being taken
 */
public record PcmPosition(long dmaFrames, long linkFrames, long hostFrames, Duration latency) {}
