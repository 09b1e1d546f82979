package dev.vflux.ipc;

/**
 * How a sample lies in memory: {@code enum sof_ipc_frame} of Linux {@code
 * include/sound/sof/stream.h}; all little-endian.
 */
public enum FrameFormat {
  /** 16 bits. */
  S16_LE(0, 2, 2),
  /** 24 bits in the lower three of four bytes. */
  S24_4LE(1, 3, 4),
  /** 32 bits. */
  S32_LE(2, 4, 4),
  /** 32 bits, IEEE 754. */
  FLOAT(3, 4, 4);

  private final int code;
  private final int validBytes;
  private final int containerBytes;

  FrameFormat(int code, int validBytes, int containerBytes) {
    this.code = code;
    this.validBytes = validBytes;
    this.containerBytes = containerBytes;
  }

  /**
   * The number it has in messages.
   *
   * @return 0 to 3
   */
  public int code() {
    return code;
  }

  /**
   * How many bytes of a sample say something.
   *
   * @return 2 to 4
   */
  public int validBytes() {
    return validBytes;
  }

  /**
   * How many bytes a sample takes.
   *
   * @return 2 or 4
   */
  public int containerBytes() {
    return containerBytes;
  }

  static FrameFormat of(int code) {
    for (FrameFormat format : values()) {
      if (format.code == code) {
        return format;
      }
    }
    throw new IllegalArgumentException("no frame format " + code);
  }
}
