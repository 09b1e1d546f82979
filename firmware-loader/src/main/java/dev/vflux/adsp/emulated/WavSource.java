package dev.vflux.adsp.emulated;

import dev.vflux.emulated.DeviceOptionException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/**
 * What an ADC hears: a WAV file from its beginning each time a stream begins, then silence. It is
 * heard at the rate of the stream, whatever the file says; a channel the file does not have is
 * silent. Used under the board's lock.
 */
final class WavSource implements DaiSource {

  private static final long MOST_BYTES = 64L << 20;

  private final WavAudio audio;
  private int nextFrame;

  WavSource(WavAudio audio) {
    this.audio = audio;
  }

  /** Reads the file an option names. */
  static WavAudio read(String option, String name) {
    try {
      Path path = Path.of(name);
      if (Files.size(path) > MOST_BYTES) {
        throw new DeviceOptionException(
            option, name, "it is longer than " + MOST_BYTES + " bytes", "use a shorter one");
      }
      ByteBuffer file = ByteBuffer.wrap(Files.readAllBytes(path)).order(ByteOrder.LITTLE_ENDIAN);
      return WavAudio.parse(file);
    } catch (WavAudio.FormatException bad) {
      throw new DeviceOptionException(
          option, name, bad.reason(), "use a WAV file with PCM of 16, 24 or 32 bits");
    } catch (IOException | InvalidPathException unreadable) {
      throw new DeviceOptionException(
          option, name, "it cannot be read: " + unreadable.getMessage(), "name a readable file");
    }
  }

  @Override
  public void rewind() {
    nextFrame = 0;
  }

  @Override
  public void fill(int tag, int format, ByteBuffer target) {
    target.order(ByteOrder.LITTLE_ENDIAN);
    int container = StreamFormat.containerBytes(format);
    int channels = StreamFormat.channels(format);
    int mask = StreamFormat.sampleMask(format);
    while (nextFrame < audio.frames() && target.remaining() >= container * channels) {
      for (int channel = 0; channel < channels; channel++) {
        put(target, container, audio.sample(nextFrame, channel) & mask);
      }
      nextFrame++;
    }
  }

  private static void put(ByteBuffer target, int container, int sample) {
    switch (container) {
      case 1 -> target.put((byte) (sample >> 24));
      case 2 -> target.putShort((short) (sample >> 16));
      default -> target.putInt(sample);
    }
  }
}
