package dev.vflux.adsp;

/** What an interrupt was about. */
public enum InterruptCause {
  /** The DSP is done with the host's message: HIPCIDA.DONE. */
  DSP_DONE,
  /** The DSP rings: HIPCTDR.BUSY. */
  DSP_MESSAGE,
  /** A host stream: completion, FIFO error or descriptor error. */
  STREAM,
  /** The controller: response ring or codec state. */
  CONTROLLER
}
