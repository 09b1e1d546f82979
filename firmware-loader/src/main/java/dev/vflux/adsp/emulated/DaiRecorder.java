package dev.vflux.adsp.emulated;

import dev.vflux.emulated.Board;
import dev.vflux.emulated.DeviceOptionException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/**
 * Writes what arrives at a DAC to a WAV file. Bytes are gathered under the board's lock and written
 * without it, in portions; the rest when the device is closed. Formats that follow one another with
 * different parameters go to files of their own.
 */
final class DaiRecorder implements DaiSink {

  private static final int PORTION = 0x8000;

  private final Board board;
  private final WavFiles files;
  private final ByteArrayOutputStream pending = new ByteArrayOutputStream();
  private int pendingFormat = -1;
  private boolean writing;

  private DaiRecorder(Board board, WavFiles files) {
    this.board = board;
    this.files = files;
    board.onClose(this::finish);
  }

  /**
   * Records into the file an option names, from the second DAC on into one beside it; existing ones
   * are replaced.
   */
  static DaiRecorder into(Board board, String option, String name, int dac) {
    try {
      return new DaiRecorder(board, WavFiles.create(fileOf(Path.of(name), dac)));
    } catch (IOException | InvalidPathException impossible) {
      throw new DeviceOptionException(
          option,
          name,
          "it cannot be written: " + impossible.getMessage(),
          "name a file in a folder that exists and may be written");
    }
  }

  private static Path fileOf(Path first, int dac) {
    return dac == 1 ? first : WavFiles.beside(first, "-dac" + dac);
  }

  @Override
  public void accept(int tag, int format, ByteBuffer bytes) {
    if (format != pendingFormat) {
      handOver();
      pendingFormat = format;
    }
    byte[] copy = new byte[bytes.remaining()];
    bytes.get(copy);
    pending.write(copy, 0, copy.length);
    if (pending.size() >= PORTION) {
      handOver();
    }
    write();
  }

  private void handOver() {
    if (pending.size() > 0) {
      files.offer(pendingFormat, pending.toByteArray());
      pending.reset();
    }
  }

  // One portion after the other: whoever comes next writes all that was handed over meanwhile.
  private void write() {
    if (!writing && files.hasWork()) {
      writing = true;
      board.compute(
          files::writeAll,
          () -> {
            writing = false;
            write();
          });
    }
  }

  @Override
  public void streamStopped() {
    handOver();
    write();
  }

  private void finish() {
    handOver();
    files.writeAll();
    files.close();
  }
}
