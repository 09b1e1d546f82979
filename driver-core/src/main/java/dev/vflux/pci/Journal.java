package dev.vflux.pci;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** An open journal. Each line is on disk before the method that writes it returns. */
final class Journal implements AutoCloseable {

  private final Path file;
  private final FileChannel channel;

  Journal(Path file) throws IOException {
    this.file = file;
    this.channel = FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.APPEND);
  }

  void begin(BindingStep step) {
    append("begin " + step.shell());
  }

  void done() {
    append("done");
  }

  void complete() {
    append("complete");
  }

  private void append(String line) {
    try {
      write(channel, line + "\n");
    } catch (IOException failed) {
      throw JournalFolder.failed("write", file, failed);
    }
  }

  static void write(FileChannel channel, String text) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    while (bytes.hasRemaining()) {
      int unusedCount = channel.write(bytes);
    }
    channel.force(true);
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException failed) {
      throw JournalFolder.failed("close", file, failed);
    }
  }
}
