package dev.vflux.linux;

import com.sun.jna.Pointer;
import java.lang.ref.Cleaner;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A range of mapped memory. {@link #close()} puts anonymous memory over it instead of unmapping it,
 * so that a late access by another thread reads zeros and never faults; the range itself is
 * unmapped once no buffer over it can be reached. Any thread.
 */
public final class Mapping implements AutoCloseable {

  private static final Cleaner CLEANER = Cleaner.create();
  private static final AtomicLong OPEN = new AtomicLong();
  private static final long FAILED = -1;

  private final Pointer address;
  private final long length;
  private final ByteBuffer buffer;
  private final Cleaner.Cleanable unmap;
  private final Origins.@Nullable Origin origin;
  private boolean closed;

  private Mapping(Pointer address, long length) {
    this.address = address;
    this.length = length;
    this.buffer = address.getByteBuffer(0, length).order(ByteOrder.LITTLE_ENDIAN);
    this.unmap = CLEANER.register(buffer, () -> Libc.munmap(address, length));
    this.origin = Origins.RECORDED ? Origins.opened("mapping of " + length + " bytes") : null;
    OPEN.incrementAndGet();
  }

  /** Maps zeroed, private, page-aligned memory; null when the kernel refuses (see errno). */
  public static @Nullable Mapping anonymous(long length) {
    return map(
        length, Libc.PROT_READ | Libc.PROT_WRITE, Libc.MAP_PRIVATE | Libc.MAP_ANONYMOUS, -1, 0);
  }

  /**
   * Maps a part of a file, shared; null when the kernel refuses (see errno). A write through a
   * mapping without {@code PROT_WRITE} kills the process.
   */
  public static @Nullable Mapping shared(Fd fd, long offset, long length, int protection) {
    if (!fd.enter()) {
      return null;
    }
    try {
      return map(length, protection, Libc.MAP_SHARED, fd.number(), offset);
    } finally {
      fd.leave();
    }
  }

  private static @Nullable Mapping map(
      long length, int protection, int flags, int fd, long offset) {
    Pointer address = Libc.mmap(Pointer.NULL, length, protection, flags, fd, offset);
    return Pointer.nativeValue(address) == FAILED ? null : new Mapping(address, length);
  }

  /** How many were not closed in this process. */
  public static long openCount() {
    return OPEN.get();
  }

  public long address() {
    return Pointer.nativeValue(address);
  }

  public long length() {
    return length;
  }

  /** The whole range; views of it keep the range mapped. */
  public ByteBuffer buffer() {
    return buffer;
  }

  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    OPEN.decrementAndGet();
    Origins.closed(origin);
    Pointer unusedSameAddress =
        Libc.mmap(
            address,
            length,
            Libc.PROT_READ | Libc.PROT_WRITE,
            Libc.MAP_PRIVATE | Libc.MAP_ANONYMOUS | Libc.MAP_FIXED,
            -1,
            0);
  }

  /**
   * Closes and unmaps at once, without waiting for the garbage collector: only for memory whose
   * buffer nobody else has, and that no thread accesses now.
   */
  public synchronized void unmap() {
    if (!closed) {
      closed = true;
      OPEN.decrementAndGet();
      Origins.closed(origin);
      unmap.clean();
    }
  }
}
