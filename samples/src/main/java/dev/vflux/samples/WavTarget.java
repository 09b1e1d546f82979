package dev.vflux.samples;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import javax.sound.sampled.AudioFileFormat;
import javax.sound.sampled.AudioFormat;
import javax.sound.sampled.AudioInputStream;
import javax.sound.sampled.AudioSystem;

/** A WAV file that appears when it is whole: written beside its place, then moved there. */
final class WavTarget {

  /** Most bytes of samples: the JDK counts a file's bytes in an int. */
  static final long MOST_BYTES = Integer.MAX_VALUE - 0x1000L;

  private final Path file;
  private final Path folder;

  private WavTarget(Path file, Path folder) {
    this.file = file;
    this.folder = folder;
  }

  /**
   * Looks whether there is room for it.
   *
   * @param replace whether there may be a file already
   * @throws WavException when it cannot be written there
   */
  static WavTarget at(Path file, boolean replace) {
    if (Files.isDirectory(file)) {
      throw new WavException("record", file, "it is a folder", "name a file");
    }
    if (Files.exists(file) && !replace) {
      throw new WavException(
          "record", file, "it exists", "name another file, or replace it with --force");
    }
    Path parent = file.toAbsolutePath().getParent();
    if (parent == null || !Files.isWritable(parent)) {
      throw new WavException(
          "record",
          file,
          "no file can be made in " + parent,
          "name a file in a folder that exists and may be written");
    }
    return new WavTarget(file, parent);
  }

  /**
   * Writes a recording until it ends; without frames there will be no file. Blocks.
   *
   * @throws WavException when it cannot be written
   */
  void write(Recording frames, AudioFormat format) {
    try {
      Path part = newPart();
      try {
        AudioInputStream in = new AudioInputStream(frames, format, AudioSystem.NOT_SPECIFIED);
        int unusedBytes = AudioSystem.write(in, AudioFileFormat.Type.WAVE, part.toFile());
        if (frames.frames() > 0) {
          Path unusedFile = Files.move(part, file, StandardCopyOption.REPLACE_EXISTING);
        }
      } finally {
        boolean unusedWasLeft = Files.deleteIfExists(part);
      }
    } catch (IOException refused) {
      throw WavException.caused(
          "record", file, "it cannot be written: " + refused, "make room for it", refused);
    }
  }

  private Path newPart() throws IOException {
    return Files.createTempFile(
        folder,
        "." + file.getFileName(),
        ".part",
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-r--r--")));
  }
}
