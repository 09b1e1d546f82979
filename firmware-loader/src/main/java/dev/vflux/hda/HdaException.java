package dev.vflux.hda;

import dev.vflux.vfio.DriverException;

/** The HD-Audio controller cannot do what was asked of it. Immutable; any thread. */
public final class HdaException extends DriverException {

  private static final long serialVersionUID = 1L;

  /** What is wrong. */
  public enum Reason {
    /** The class code is not that of an audio function. */
    WRONG_CLASS,
    /** The class code says that there is no DSP, or that fuse or firmware setup disable it. */
    DSP_NOT_ENABLED,
    /** The extended capability list has no such capability, or one outside BAR0. */
    NO_CAPABILITY,
    /** The numbers the controller gives for its streams contradict each other. */
    BAD_STREAM_COUNT,
    /** All streams of a direction are taken. */
    NO_STREAM,
    /** The host's and the link's use of one stream exclude each other (PPCTL.PROCEN). */
    STREAM_CONFLICT,
    /** The buffer does not fit a buffer descriptor list, or is not aligned for one. */
    BAD_BUFFER,
    /** The function offers neither a message nor a line interrupt. */
    NO_INTERRUPT,
    /** A stream's DMA has stopped at a descriptor it cannot use (SDxSTS.DESE). */
    STREAM_FAILED,
    /** A stream goes on whatever it is told, its reset too: the controller must be reset. */
    STREAM_STUCK,
    /** What listens to a stream has thrown; it hears no more. */
    LISTENER_FAILED,
    /** No link has the codec (LSDIID). */
    NO_LINK,
    /** What CORB or RIRB say of themselves cannot be. */
    BAD_RING,
    /** A command was sent to a codec while CORB and RIRB do not run. */
    COMMANDS_STOPPED,
    /** More commands wait than may. */
    TOO_MANY_COMMANDS,
    /** The controller could not read a command from memory (CORBSTS.CMEI). */
    COMMAND_NOT_FETCHED,
    /** A codec has not responded in time. */
    NO_RESPONSE,
    /** What a codec says of its nodes contradicts itself or the specification. */
    BAD_CODEC,
    /** A node of a codec does not reach D0. */
    NOT_POWERED,
    /** No codec has a way between a converter and a pin to which something is connected. */
    NO_PATH,
    /** Codec and controller together cannot carry the stream format. */
    UNSUPPORTED_FORMAT,
    /** The amplifier does not reach so far. */
    GAIN_OUT_OF_RANGE
  }

  private final Reason reason;

  /**
   * Creates an error.
   *
   * @param reason what is wrong
   * @param operation what was attempted
   * @param target the device and the part of it
   * @param answer what the device answered, with the numbers
   * @param advice what to try next, may be empty
   */
  public HdaException(
      Reason reason, String operation, String target, String answer, String advice) {
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
