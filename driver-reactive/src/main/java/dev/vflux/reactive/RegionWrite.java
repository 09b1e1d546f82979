package dev.vflux.reactive;

/**
 * A write that was made to a region. Immutable; any thread.
 *
 * @param offset byte offset into the region
 * @param width bits: 8, 16, 32 or 64
 * @param value what was written, zero-extended
 * @param nanoTime when, in nanoseconds on the scale of {@link System#nanoTime()}
 */
public record RegionWrite(long offset, int width, long value, long nanoTime) {

  @Override
  public String toString() {
    return String.format("write%d 0x%x <- 0x%x", width, offset, value);
  }
}
