package dev.vflux.adsp.emulated;

/**
 * Counts what a steady rate is worth: never a unit too many or too few over any time, so nothing
 * drifts. Used under the board's lock.
 */
final class StreamClock {

  private static final long NANOS_PER_SECOND = 1_000_000_000;

  private final long rate;
  private long start;
  private long given;

  /** So many units a second, counted from now. */
  StreamClock(long rate, long now) {
    this.rate = rate;
    this.start = now;
  }

  /** Counts from now on. */
  void restart(long now) {
    start = now;
    given = 0;
  }

  /** The units since the last call, or since the start. */
  long due(long now) {
    long nanos = Math.max(0, now - start);
    long worth =
        nanos / NANOS_PER_SECOND * rate + nanos % NANOS_PER_SECOND * rate / NANOS_PER_SECOND;
    long units = Math.max(0, worth - given);
    given += units;
    return units;
  }

  /** Takes units back: they are due again at the next call. */
  void keep(long units) {
    given -= units;
  }
}
