package dev.vflux.firmware;

import java.util.Optional;

/**
 * What a mailbox window is for: {@code enum sof_ipc_region} of Linux {@code
 * include/sound/sof/info.h}.
 */
public enum WindowType {
  /** Host to DSP. */
  DOWNBOX(0),
  /** DSP to host. */
  UPBOX(1),
  /** Trace of the firmware. */
  TRACE(2),
  /** Debug slots. */
  DEBUG(3),
  /** Stream positions. */
  STREAM(4),
  /** Firmware registers. */
  REGS(5),
  /** The panic dump. */
  EXCEPTION(6);

  private final int code;

  WindowType(int code) {
    this.code = code;
  }

  /**
   * The type with a given code.
   *
   * @param code the number as stored
   * @return the type, or empty for a number without meaning
   */
  public static Optional<WindowType> of(long code) {
    for (WindowType type : values()) {
      if (type.code == code) {
        return Optional.of(type);
      }
    }
    return Optional.empty();
  }

  /**
   * The number this type is stored as.
   *
   * @return 0 to 6
   */
  public int code() {
    return code;
  }
}
