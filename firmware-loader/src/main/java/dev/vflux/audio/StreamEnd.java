package dev.vflux.audio;

/** Why a stream ended without an error. */
public enum StreamEnd {
  /** The publisher had no more, and all of it was played. */
  COMPLETE,
  /** It was told to stop. */
  STOPPED,
  /** An under-run or over-run ended it, as its {@link XrunPolicy#STOP policy} says. */
  XRUN
}
