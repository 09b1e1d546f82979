package dev.vflux.audio;

/** What a stream does when the other side was too slow: an under-run or an over-run. */
public enum XrunPolicy {
  /**
   * Goes on. Silence is played for what is missing, and what comes after it is played after it; of
   * a recording the periods nobody took are left out. Each is counted and told.
   */
  CONTINUE,
  /** Ends the stream as if it were complete, and says so in its report. */
  STOP,
  /** Ends the stream with an {@link AudioException}. */
  ERROR
}
