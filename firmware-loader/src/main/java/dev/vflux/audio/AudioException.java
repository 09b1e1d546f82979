package dev.vflux.audio;

import dev.vflux.vfio.DriverException;

/** A stream that cannot be opened, or has ended before its time. Immutable; any thread. */
public final class AudioException extends DriverException {

  private static final long serialVersionUID = 1L;

  /** What is wrong. */
  public enum Reason {
    /** The device does not take this format. */
    UNSUPPORTED_FORMAT,
    /** Period or buffer cannot be described to the controller. */
    BAD_BUFFER_SIZE,
    /** There is no way from a converter to the outside, or all are taken. */
    NO_PATH,
    /** The publisher was too slow, and the stream was told to end then. */
    UNDERRUN,
    /** The subscriber was too slow, and the stream was told to end then. */
    OVERRUN,
    /** The publisher ended in the middle of a frame, or sent more than was asked for. */
    BAD_SOURCE,
    /** The controller stopped at a descriptor it could not use (SDxSTS.DESE). */
    DESCRIPTOR_ERROR,
    /** The DMA's position does not move although the stream runs. */
    STALLED,
    /** The audio device was closed, or its firmware went away. */
    CLOSED
  }

  private final Reason reason;

  AudioException(Reason reason, String operation, String target, String answer, String advice) {
    super(operation, target, answer, advice);
    this.reason = reason;
  }

  /**
   * What is wrong.
   *
   * @return the reason
   */
  public Reason reason() {
    return reason;
  }
}
