package dev.vflux.samples;

import dev.vflux.audio.PcmFormat;
import dev.vflux.audio.SampleFormat;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import javax.sound.sampled.AudioFormat;
import javax.sound.sampled.AudioFormat.Encoding;
import javax.sound.sampled.AudioInputStream;
import javax.sound.sampled.AudioSystem;
import javax.sound.sampled.UnsupportedAudioFileException;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Schedulers;

/**
 * The samples of a WAV file, as a stream takes them: 16 bits as they are, 8 bits as 16, packed 24
 * bits and floating point as 32. What the file says of itself is checked when it is opened.
 */
final class WavSource implements PlaySource {

  private static final int CHUNK_FRAMES = 1024;
  private static final int MAGIC_BYTES = 12;

  private final Path file;
  private final AudioFormat coded;
  private final PcmFormat format;
  private final long frames;

  // written by one reader after the other, read when it has ended
  private volatile long read;
  private volatile boolean ended;

  private WavSource(Path file, AudioFormat coded, PcmFormat format, long frames) {
    this.file = file;
    this.coded = coded;
    this.format = format;
    this.frames = frames;
  }

  /**
   * Looks at a file.
   *
   * @throws WavException when it cannot be read or played
   */
  static WavSource open(Path file) {
    try (AudioInputStream in = stream(file)) {
      AudioFormat coded = in.getFormat();
      PcmFormat format = format(file, coded);
      if (in.getFrameLength() == 0) {
        throw refused(file, "it has no samples", "name a file with some");
      }
      return new WavSource(file, coded, format, in.getFrameLength());
    } catch (IOException failed) {
      throw unreadable(file, failed);
    }
  }

  private static AudioInputStream stream(Path file) throws IOException {
    BufferedInputStream in = new BufferedInputStream(Files.newInputStream(file));
    try {
      in.mark(MAGIC_BYTES);
      String magic = new String(in.readNBytes(MAGIC_BYTES), StandardCharsets.ISO_8859_1);
      in.reset();
      if (!magic.startsWith("RIFF") || !magic.endsWith("WAVE")) {
        throw refused(file, "it is no WAV file", "convert it to one");
      }
      return AudioSystem.getAudioInputStream(in);
    } catch (UnsupportedAudioFileException unknown) {
      in.close();
      throw refused(
          file,
          "it is damaged, or its coding is unknown",
          "convert it to PCM of 16, 24 or 32 bits");
    } catch (IOException | WavException failed) {
      in.close();
      throw failed;
    }
  }

  private static PcmFormat format(Path file, AudioFormat coded) {
    @Nullable SampleFormat sample = sample(coded);
    int rate = Math.round(coded.getSampleRate());
    int channels = coded.getChannels();
    if (sample == null) {
      throw refused(file, "its samples are " + coded, "convert it to PCM of 16, 24 or 32 bits");
    }
    if (rate < 1 || channels < 1 || channels > PcmFormat.MAX_CHANNELS) {
      throw refused(
          file,
          rate + " Hz with " + channels + " channels",
          "use a file with 1 to " + PcmFormat.MAX_CHANNELS + " channels");
    }
    int frame = channels * coded.getSampleSizeInBits() / Byte.SIZE;
    if (coded.getFrameSize() != frame) {
      throw refused(
          file,
          "it says that a frame has " + coded.getFrameSize() + " bytes, and not " + frame,
          "its header is damaged: make it again");
    }
    return new PcmFormat(rate, sample, channels);
  }

  private static @Nullable SampleFormat sample(AudioFormat coded) {
    int bits = coded.getSampleSizeInBits();
    if (coded.getEncoding().equals(Encoding.PCM_UNSIGNED) && bits == 8) {
      return SampleFormat.S16_LE;
    }
    if (coded.getEncoding().equals(Encoding.PCM_FLOAT) && (bits == 32 || bits == 64)) {
      return SampleFormat.S32_LE;
    }
    if (!coded.getEncoding().equals(Encoding.PCM_SIGNED) || coded.isBigEndian()) {
      return null;
    }
    return switch (bits) {
      case 16 -> SampleFormat.S16_LE;
      case 24, 32 -> SampleFormat.S32_LE;
      default -> null;
    };
  }

  private static WavException refused(Path file, String answer, String advice) {
    return new WavException("play", file, answer, advice);
  }

  private static WavException unreadable(Path file, IOException failed) {
    String answer =
        failed instanceof NoSuchFileException ? "no such file" : "it cannot be read: " + failed;
    return WavException.caused("play", file, answer, "name a readable WAV file", failed);
  }

  @Override
  public PcmFormat format() {
    return format;
  }

  /** As the file says. */
  @Override
  public OptionalLong frames() {
    return OptionalLong.of(frames);
  }

  @Override
  public Optional<String> note() {
    return ended && read < frames
        ? Optional.of("%s ends after %d of %d frames".formatted(file, read, frames))
        : Optional.empty();
  }

  @Override
  public Flux<ByteBuffer> samples() {
    return blocking().subscribeOn(Schedulers.boundedElastic());
  }

  /** The samples, read on the thread that asks for them. */
  Flux<ByteBuffer> blocking() {
    return Flux.generate(
        this::begin,
        (in, sink) -> {
          ByteBuffer next = next(in);
          if (next.hasRemaining()) {
            sink.next(next);
          } else {
            sink.complete();
          }
          return in;
        },
        WavSource::end);
  }

  private AudioInputStream begin() throws IOException {
    AudioInputStream in = stream(file);
    read = 0;
    return coded.getEncoding().equals(Encoding.PCM_FLOAT)
        ? AudioSystem.getAudioInputStream(converted(), in)
        : in;
  }

  private AudioFormat converted() {
    return new AudioFormat(format.rate(), Integer.SIZE, format.channels(), true, false);
  }

  private static void end(AudioInputStream in) {
    try {
      in.close();
    } catch (IOException unusedNothingWasWritten) {
      // what was read is what was asked for
    }
  }

  private ByteBuffer next(AudioInputStream in) {
    int frame = in.getFormat().getFrameSize();
    byte[] bytes = new byte[CHUNK_FRAMES * frame];
    int filled = 0;
    try {
      int got = in.read(bytes);
      while (got > 0) {
        filled += got;
        got = in.read(bytes, filled, bytes.length - filled);
      }
    } catch (IOException failed) {
      throw unreadable(file, failed);
    }
    long before = read;
    read = before + filled / frame;
    ended = filled < bytes.length;
    return widen(bytes, filled, in.getFormat().getSampleSizeInBits());
  }

  private static ByteBuffer widen(byte[] bytes, int length, int bits) {
    return switch (bits) {
      case 8 -> widen8(bytes, length);
      case 24 -> widen24(bytes, length);
      default -> ByteBuffer.wrap(bytes, 0, length);
    };
  }

  // 8 bits are unsigned in a WAV file
  private static ByteBuffer widen8(byte[] bytes, int length) {
    ByteBuffer wide = ByteBuffer.allocate(2 * length).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < length; i++) {
      wide.putShort((short) ((bytes[i] ^ 0x80) << 8));
    }
    return wide.flip();
  }

  private static ByteBuffer widen24(byte[] bytes, int length) {
    ByteBuffer wide = ByteBuffer.allocate(length / 3 * 4);
    for (int i = 0; i < length; i += 3) {
      wide.put((byte) 0).put(bytes, i, 3);
    }
    return wide.flip();
  }

  @Override
  public String toString() {
    return file + ", " + format;
  }
}
