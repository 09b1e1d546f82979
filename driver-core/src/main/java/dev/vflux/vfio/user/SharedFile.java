package dev.vflux.vfio.user;

import dev.vflux.linux.Errno;
import dev.vflux.linux.Fd;
import dev.vflux.linux.Libc;
import dev.vflux.linux.Mapping;
import dev.vflux.linux.Struct;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Memory that the peer sent as a file, for however many DMA mappings use it. It is mapped only when
 * it is sealed against becoming shorter: else the peer could take pages away under an access, which
 * would end this process (SIGBUS), so then each access is a read or write of the file. Changed by
 * the session's thread; accessed under the device's lock.
 */
final class SharedFile {

  /**
   * Which file.
   *
   * @param size bytes; a file that grew is another one
   */
  record Key(long device, long inode, long size, boolean writable) {}

  /** One {@link ByteBuffer} covers no more than 2^31-1 bytes. */
  private static final long WINDOW = 1L << 30;

  /** 8 TiB, as other servers (lib/dma.c of libvfio-user): a file may be sparse, tables are not. */
  private static final long LARGEST = 1L << 43;

  private static final int COPY = 1 << 16;

  private final Key key;
  private final Fd fd;
  private final boolean mappable;
  private final @Nullable Mapping[] windows;
  private @Nullable Struct copy;
  private int uses;

  /** Takes over the descriptor. */
  SharedFile(Fd fd, Key key) {
    this.fd = fd;
    this.key = key;
    this.mappable = fd.cannotShrink();
    this.windows = new @Nullable Mapping[(int) ((key.size() + WINDOW - 1) / WINDOW)];
  }

  /** Which file a descriptor stands for; refuses what is not memory. */
  static Key identify(Fd fd) {
    Key key =
        fd.identity((device, inode, size, writable) -> new Key(device, inode, size, writable));
    if (key == null || !fd.isMemory()) {
      throw new RefusedException(
          Errno.EINVAL, "the descriptor is no memory: use a memfd or a file on tmpfs");
    }
    if (key.size() > LARGEST) {
      throw new RefusedException(Errno.ENOSPC, "a file of " + key.size() + " bytes");
    }
    return key;
  }

  Key key() {
    return key;
  }

  /** One use more, of a part that lies inside the file. */
  void use(long offset, long size) {
    if (mappable) {
      int last = (int) ((offset + size - 1) / WINDOW);
      for (int i = (int) (offset / WINDOW); i <= last; i++) {
        if (windows[i] == null) {
          windows[i] = map(i * WINDOW);
        }
      }
    }
    uses++;
  }

  private Mapping map(long start) {
    long length = Math.min(WINDOW, key.size() - start);
    int protection = Libc.PROT_READ | (key.writable() ? Libc.PROT_WRITE : 0);
    Mapping window = Mapping.shared(fd, start, length, protection);
    if (window == null) {
      throw new RefusedException(Errno.ENOMEM, "mmap: " + Errno.name(Libc.errno()));
    }
    return window;
  }

  /** One use less; true when it was the last one. */
  boolean drop() {
    return --uses == 0;
  }

  void read(long offset, ByteBuffer target) throws IOException {
    long at = offset;
    while (target.hasRemaining()) {
      int length;
      Mapping window = windows[(int) (at / WINDOW)];
      if (window == null) {
        Struct bytes = copy();
        length = transferred(fd.pread(bytes, Math.min(COPY, target.remaining()), at), at);
        target.put(target.position(), bytes.bytes(), 0, length);
      } else {
        int from = (int) (at % WINDOW);
        length = (int) Math.min(target.remaining(), window.length() - from);
        target.put(target.position(), window.buffer(), from, length);
      }
      target.position(target.position() + length);
      at += length;
    }
  }

  void write(long offset, ByteBuffer source) throws IOException {
    long at = offset;
    while (source.hasRemaining()) {
      int length;
      Mapping window = windows[(int) (at / WINDOW)];
      if (window == null) {
        Struct bytes = copy();
        length = Math.min(COPY, source.remaining());
        bytes.bytes().put(0, source, source.position(), length);
        length = transferred(fd.pwrite(bytes, length, at), at);
      } else {
        int to = (int) (at % WINDOW);
        length = (int) Math.min(source.remaining(), window.length() - to);
        window.buffer().put(to, source, source.position(), length);
      }
      source.position(source.position() + length);
      at += length;
    }
  }

  private Struct copy() {
    if (copy == null) {
      copy = new Struct(COPY);
    }
    return copy;
  }

  private int transferred(long result, long offset) throws IOException {
    if (result <= 0) {
      throw new IOException(
          "the peer's memory ends before 0x"
              + Long.toHexString(offset)
              + (result == 0 ? "" : ": " + Errno.name((int) -result)));
    }
    return (int) result;
  }

  /** Unmaps it; no DMA mapping uses it any more. */
  void close() {
    for (Mapping window : windows) {
      if (window != null) {
        window.unmap();
      }
    }
    fd.close();
  }
}
