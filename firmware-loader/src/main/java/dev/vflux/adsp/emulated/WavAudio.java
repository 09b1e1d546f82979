package dev.vflux.adsp.emulated;

import java.nio.ByteBuffer;

/**
 * The samples of a WAV file: RIFF chunks, of which {@code fmt} and {@code data} are read. Integer
 * PCM of 16, 24 or 32 bits, plain or in the extensible format. Nothing the file says is taken as a
 * length before it was compared with what there is.
 */
final class WavAudio {

  static final int RIFF = 0x4646_4952;
  static final int WAVE = 0x4556_4157;
  static final int FMT = 0x2074_6d66;
  static final int DATA = 0x6174_6164;
  private static final int RIFF_BYTES = 12;
  private static final int CHUNK_BYTES = 8;
  private static final int FMT_BYTES = 16;
  private static final int PCM = 1;
  private static final int EXTENSIBLE = 0xfffe;
  private static final int MOST_CHANNELS = 16;

  /** The file is not one that can be used. */
  static final class FormatException extends Exception {
    private static final long serialVersionUID = 1L;
    private final String reason;

    FormatException(String reason) {
      super(reason, null, false, false);
      this.reason = reason;
    }

    String reason() {
      return reason;
    }
  }

  private final ByteBuffer data;
  private final int channels;
  private final int sampleBytes;

  private WavAudio(ByteBuffer data, int channels, int sampleBytes) {
    this.data = data;
    this.channels = channels;
    this.sampleBytes = sampleBytes;
  }

  /** Reads a whole file, little-endian. */
  static WavAudio parse(ByteBuffer file) throws FormatException {
    if (file.limit() < RIFF_BYTES || file.getInt(0) != RIFF || file.getInt(8) != WAVE) {
      throw new FormatException("it is no WAV file");
    }
    int format = find(file, FMT);
    int data = find(file, DATA);
    if (format < 0 || data < 0 || length(file, format) < FMT_BYTES) {
      throw new FormatException("it lacks a format or data");
    }
    int at = format + CHUNK_BYTES;
    int coding = file.getShort(at) & 0xffff;
    int channels = file.getShort(at + 2) & 0xffff;
    int bits = file.getShort(at + 14) & 0xffff;
    boolean pcm = coding == PCM || coding == EXTENSIBLE;
    if (!pcm || (bits != 16 && bits != 24 && bits != 32)) {
      throw new FormatException("its coding is " + coding + " of " + bits + " bits");
    }
    if (channels < 1 || channels > MOST_CHANNELS) {
      throw new FormatException("it has " + channels + " channels");
    }
    ByteBuffer samples = file.slice(data + CHUNK_BYTES, length(file, data)).order(file.order());
    return new WavAudio(samples, channels, bits / Byte.SIZE);
  }

  // What is there of a chunk, whatever its header says.
  private static int length(ByteBuffer file, int chunk) {
    long said = file.getInt(chunk + Integer.BYTES) & 0xffff_ffffL;
    return (int) Math.min(said, file.limit() - chunk - CHUNK_BYTES);
  }

  private static int find(ByteBuffer file, int id) {
    int at = RIFF_BYTES;
    while (at <= file.limit() - CHUNK_BYTES) {
      if (file.getInt(at) == id) {
        return at;
      }
      int length = length(file, at);
      at += CHUNK_BYTES + length + (length & 1);
    }
    return -1;
  }

  int frames() {
    return data.limit() / (channels * sampleBytes);
  }

  /** A sample of 32 bits, its value at the top; 0 for a channel that is not there. */
  int sample(int frame, int channel) {
    if (channel >= channels) {
      return 0;
    }
    int at = (frame * channels + channel) * sampleBytes;
    return switch (sampleBytes) {
      case 2 -> data.getShort(at) << 16;
      case 3 -> (data.get(at) & 0xff) << 8 | data.getShort(at + 1) << 16;
      default -> data.getInt(at);
    };
  }
}
