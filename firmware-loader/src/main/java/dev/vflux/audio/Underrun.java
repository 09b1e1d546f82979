package dev.vflux.audio;

/**
 * The DMA reached a period that nobody had written. Immutable; any thread.
 *
 * @param number counted from 1 in its stream
 * @param position the first frame played as silence, counted from the start of the stream
 */
public record Underrun(long number, long position) {}
