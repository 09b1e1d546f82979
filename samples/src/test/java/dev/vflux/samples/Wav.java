package dev.vflux.samples;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import javax.sound.sampled.AudioFileFormat;
import javax.sound.sampled.AudioFormat;
import javax.sound.sampled.AudioFormat.Encoding;
import javax.sound.sampled.AudioInputStream;
import javax.sound.sampled.AudioSystem;
import javax.sound.sampled.UnsupportedAudioFileException;

/** WAV files of tests. */
final class Wav {

  static final int HEADER_BYTES = 44;
  static final int RATE = 48_000;

  private Wav() {}

  /** PCM of 48 kHz; unsigned when it has 8 bits. */
  static AudioFormat pcm(int bits, int channels) {
    return new AudioFormat(RATE, bits, channels, bits > Byte.SIZE, false);
  }

  /** Another coding. */
  static AudioFormat coded(Encoding encoding, int bits, int channels) {
    int frame = channels * bits / Byte.SIZE;
    return new AudioFormat(encoding, RATE, bits, channels, frame, RATE, false);
  }

  /** The same at each run. */
  static byte[] noise(AudioFormat format, int frames) {
    byte[] bytes = new byte[frames * format.getFrameSize()];
    new Random(frames).nextBytes(bytes);
    return bytes;
  }

  static Path write(Path file, AudioFormat format, byte[] bytes) throws IOException {
    return write(file, AudioFileFormat.Type.WAVE, format, bytes);
  }

  static Path write(Path file, AudioFileFormat.Type type, AudioFormat format, byte[] bytes)
      throws IOException {
    AudioInputStream in =
        new AudioInputStream(
            new ByteArrayInputStream(bytes), format, bytes.length / format.getFrameSize());
    int unusedLength = AudioSystem.write(in, type, file.toFile());
    return file;
  }

  /** What a file says that it is. */
  static AudioFormat format(Path file) throws IOException, UnsupportedAudioFileException {
    return AudioSystem.getAudioFileFormat(file.toFile()).getFormat();
  }

  /** How many frames a file says that it has. */
  static int frames(Path file) throws IOException, UnsupportedAudioFileException {
    return AudioSystem.getAudioFileFormat(file.toFile()).getFrameLength();
  }

  /** All after the header. */
  static byte[] data(Path file) throws IOException {
    byte[] all = Files.readAllBytes(file);
    return Arrays.copyOfRange(all, HEADER_BYTES, all.length);
  }
}
