package dev.vflux.ipc;

/**
 * Kinds of audio interfaces: {@code enum sof_ipc_dai_type} of Linux {@code
 * include/sound/sof/dai.h}.
 */
public enum DaiType {
  /** None. */
  NONE(0),
  /** Synchronous serial port: I2S and its like. */
  SSP(1),
  /** Digital microphones. */
  DMIC(2),
  /** The HDA link. */
  HDA(3),
  /** Audio link hub: SoundWire. */
  ALH(4);

  private final int code;

  DaiType(int code) {
    this.code = code;
  }

  /**
   * The number it has in messages.
   *
   * @return 0 to 4
   */
  public int code() {
    return code;
  }

  static DaiType of(int code) {
    for (DaiType type : values()) {
      if (type.code == code) {
        return type;
      }
    }
    throw new IllegalArgumentException("no DAI type " + code);
  }
}
