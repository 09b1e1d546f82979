package dev.vflux.adsp.emulated;

import java.nio.ByteBuffer;

/**
 * How a sample lies in memory, little-endian. Inside the DSP every sample here has 32 bits, its
 * value at the top; narrowing rounds half up and saturates. Numbers: {@code enum sof_ipc_frame} of
 * Linux {@code include/sound/sof/stream.h}.
 */
enum SampleFormat {
  S16_LE(2, 16),
  S24_4LE(4, 24),
  S32_LE(4, 32);

  private final int bytes;
  private final int bits;

  SampleFormat(int bytes, int bits) {
    this.bytes = bytes;
    this.bits = bits;
  }

  static SampleFormat of(int number) throws RequestRefusedException {
    if (number < 0 || number >= values().length) {
      throw RequestRefusedException.invalid("frame format " + Integer.toUnsignedString(number));
    }
    return values()[number];
  }

  /** Bytes of one sample. */
  int bytes() {
    return bytes;
  }

  /** Takes the next sample. */
  int read(ByteBuffer source) {
    return switch (this) {
      case S16_LE -> source.getShort() << 16;
      case S24_4LE -> source.getInt() << 8;
      case S32_LE -> source.getInt();
    };
  }

  /** Puts a sample. */
  void write(ByteBuffer target, int sample) {
    int value = narrow(sample);
    if (this == S16_LE) {
      target.putShort((short) value);
    } else {
      target.putInt(value);
    }
  }

  private int narrow(int sample) {
    int shift = Integer.SIZE - bits;
    if (shift == 0) {
      return sample;
    }
    long rounded = (sample + (1L << (shift - 1))) >> shift;
    return (int) Math.min(rounded, (1L << (bits - 1)) - 1);
  }
}
