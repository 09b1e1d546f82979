package dev.vflux.adsp.emulated;

import org.jspecify.annotations.Nullable;

/**
 * A firmware that answers no more, and how much of the device hangs with it. No core gets power
 * while it lasts. It strikes once while a device is open. Used under the board's lock.
 */
final class Hang {

  /** What brings the device back; what is smaller does not. */
  enum End {
    /** The core's reset: it keeps its power until CRST is set. */
    CORE,
    /** The controller's reset: cores keep their power until then. */
    CONTROLLER,
    /** The function's reset: GCTL.CRST does not follow until then. */
    FUNCTION,
    /** Only power: the device has to be closed. */
    REOPEN
  }

  private @Nullable End until;
  private boolean struck;

  void begin(End end) {
    if (!struck) {
      struck = true;
      until = end;
    }
  }

  boolean lasts() {
    return until != null;
  }

  /** Whether a core that shall lose its power keeps it. */
  boolean keepsPower(boolean inReset) {
    return until != null && !(until == End.CORE && inReset);
  }

  /** Whether GCTL.CRST does not follow. */
  boolean holdsController() {
    return until != null && until.compareTo(End.FUNCTION) >= 0;
  }

  void coreLostPower() {
    endedBy(End.CORE);
  }

  void controllerReset() {
    endedBy(End.CONTROLLER);
  }

  void functionReset() {
    endedBy(End.FUNCTION);
  }

  private void endedBy(End reset) {
    if (until != null && until.compareTo(reset) <= 0) {
      until = null;
    }
  }
}
