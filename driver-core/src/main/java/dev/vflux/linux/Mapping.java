package dev.vflux.linux;

import com.sun.jna.Pointer;
import java.lang.ref.Cleaner;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * A range of mapped memory. {@link #close()} puts anonymous memory over it instead of unmapping it,
 * so that a late access by another thread reads zeros and never faults; the range itself is
 * unmapped once no buffer over it can be reached. Any thread.
 */
public final class Mapping implements AutoCloseable {

  private static final Cleaner CLEANER = Cleaner.create();
  private static final long FAILED = -1;

  private final Pointer address;
  private final long length;
  private final ByteBuffer buffer;
  private boolean closed;

  private Mapping(Pointer address, long length) {
    this.address = address;
    this.length = length;
    this.buffer = address.getByteBuffer(0, length).order(ByteOrder.LITTLE_ENDIAN);
    CLEANER.register(buffer, () -> Libc.munmap(address, length));
  }

  /** Maps zeroed, private, page-aligned memory; null when the kernel refuses (see errno). */
  public static @Nullable Mapping anonymous(long length) {
    Pointer address =
        Libc.mmap(
            Pointer.NULL,
            length,
            Libc.PROT_READ | Libc.PROT_WRITE,
            Libc.MAP_PRIVATE | Libc.MAP_ANONYMOUS,
            -1,
            0);
    return Pointer.nativeValue(address) == FAILED ? null : new Mapping(address, length);
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
    Pointer unusedSameAddress =
        Libc.mmap(
            address,
            length,
            Libc.PROT_READ | Libc.PROT_WRITE,
            Libc.MAP_PRIVATE | Libc.MAP_ANONYMOUS | Libc.MAP_FIXED,
            -1,
            0);
  }
}
