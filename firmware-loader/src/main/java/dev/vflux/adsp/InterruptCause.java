package dev.vflux.adsp;

/** What an interrupt was about. */
public enum InterruptCause {
  /** The DSP is done with the host's message: HIPCIDA.DONE. */
  DSP_DONE(0x1),
  /** The DSP rings: HIPCTDR.BUSY. */
  DSP_MESSAGE(0x2),
  /** A host stream: completion, FIFO error or descriptor error. */
  STREAM(0x4),
  /** The controller: response ring or codec state. */
  CONTROLLER(0x8);

  private final int bit;

  InterruptCause(int bit) {
    this.bit = bit;
  }

  /** Its bit where causes are added up. */
  int bit() {
    return bit;
  }
}
