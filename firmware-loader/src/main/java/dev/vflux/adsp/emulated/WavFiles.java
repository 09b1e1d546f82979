package dev.vflux.adsp.emulated;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A WAV file that grows, and others beside it, numbered from 2, for other formats. After each
 * portion its header says how long it is, so it can be read at any time. Writing blocks. Any
 * thread.
 */
final class WavFiles {

  private static final Logger LOG = LoggerFactory.getLogger(WavFiles.class);

  private static final int HEADER_BYTES = 44;
  private static final int PCM = 1;
  private static final int FMT_BYTES = 16;

  private record Portion(int format, ByteBuffer bytes) {}

  private final Path first;
  private final Queue<Portion> portions = new ConcurrentLinkedQueue<>();
  private FileChannel file;
  private int files = 1;
  private int format = -1;
  private boolean failed;

  private WavFiles(Path first) throws IOException {
    this.first = first;
    this.file = open(first);
  }

  static WavFiles create(Path first) throws IOException {
    return new WavFiles(first);
  }

  private static FileChannel open(Path path) throws IOException {
    return FileChannel.open(
        path,
        StandardOpenOption.CREATE,
        StandardOpenOption.TRUNCATE_EXISTING,
        StandardOpenOption.WRITE);
  }

  /** Takes bytes to be written by the next {@link #writeAll}. */
  void offer(int newFormat, byte[] bytes) {
    portions.add(new Portion(newFormat, ByteBuffer.wrap(bytes)));
  }

  boolean hasWork() {
    return !portions.isEmpty();
  }

  /** Writes what was offered, in its order. An error is logged and ends the recording. */
  synchronized void writeAll() {
    Portion portion = portions.poll();
    while (portion != null) {
      try {
        if (!failed) {
          write(portion);
        }
      } catch (IOException unwritable) {
        failed = true;
        LOG.error("what arrived at the DAI cannot be written to {}", first, unwritable);
      }
      portion = portions.poll();
    }
  }

  private void write(Portion portion) throws IOException {
    if (format >= 0 && portion.format() != format) {
      file.close();
      files++;
      file = open(beside(first, "-" + files));
    }
    format = portion.format();
    long end = Math.max(file.size(), HEADER_BYTES);
    long dataBytes = end + portion.bytes().remaining() - HEADER_BYTES;
    writeFully(portion.bytes(), end);
    writeFully(header(format, dataBytes), 0);
  }

  private void writeFully(ByteBuffer bytes, long at) throws IOException {
    long position = at;
    while (bytes.hasRemaining()) {
      position += file.write(bytes, position);
    }
  }

  /** The path of a file beside another, with something added to its name. */
  static Path beside(Path first, String added) {
    String name = String.valueOf(first.getFileName());
    int dot = name.lastIndexOf('.');
    String stem = dot < 0 ? name : name.substring(0, dot);
    String suffix = dot < 0 ? "" : name.substring(dot);
    return first.resolveSibling(stem + added + suffix);
  }

  private static ByteBuffer header(int format, long dataBytes) {
    int channels = StreamFormat.channels(format);
    int rate = (int) StreamFormat.framesPerSecond(format);
    int container = StreamFormat.containerBytes(format);
    ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    header.putInt(WavAudio.RIFF).putInt((int) (dataBytes + HEADER_BYTES - 8)).putInt(WavAudio.WAVE);
    header.putInt(WavAudio.FMT).putInt(FMT_BYTES).putShort((short) PCM).putShort((short) channels);
    header.putInt(rate).putInt(rate * channels * container);
    header.putShort((short) (channels * container)).putShort((short) (container * Byte.SIZE));
    return header.putInt(WavAudio.DATA).putInt((int) dataBytes).flip();
  }

  synchronized void close() {
    try {
      file.close();
    } catch (IOException lost) {
      LOG.error("{} cannot be closed", first, lost);
    }
  }
}
