package dev.vflux.linux;

import com.sun.jna.Native;
import java.lang.ref.Reference;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * An open file descriptor. A call that is under way keeps it open, so its number is never used
 * after it was given back; after {@link #close()} every call answers {@code -EBADF}. Calls answer
 * as the kernel does inside: a result, or a negative errno. Any thread; never waits for another.
 */
public final class Fd implements AutoCloseable {

  private static final AtomicLong OPEN = new AtomicLong();
  private static final int CLOSED = Integer.MIN_VALUE;
  private static final int BAD = -Errno.EBADF.number();

  private final int number;
  // calls under way, and CLOSED once close() was called
  private final AtomicInteger calls = new AtomicInteger();
  private final Origins.@Nullable Origin origin;

  private Fd(int number) {
    this.number = number;
    this.origin = Origins.RECORDED ? Origins.opened("descriptor " + number) : null;
    OPEN.incrementAndGet();
  }

  /** Opens a file; null when the kernel refuses (see {@link Libc#errno()}). */
  public static @Nullable Fd open(String path, int flags) {
    return of(Libc.open(path, flags | Libc.O_CLOEXEC));
  }

  /** Takes over a descriptor that a call returned; null when it is negative. */
  public static @Nullable Fd of(int number) {
    return number < 0 ? null : new Fd(number);
  }

  /**
   * Zeroed memory as a file (memfd_create(2)) whose size is sealed; null when the kernel refuses
   * (see errno).
   */
  public static @Nullable Fd memory(String name, long size) {
    Fd memory = of(Libc.memfd_create(name, Libc.MFD_CLOEXEC | Libc.MFD_ALLOW_SEALING));
    if (memory == null) {
      return null;
    }
    if (Libc.ftruncate(memory.number, size) < 0
        || Libc.fcntl(memory.number, Libc.F_ADD_SEALS, Libc.F_SEAL_SHRINK | Libc.F_SEAL_GROW) < 0) {
      int errno = Libc.errno();
      memory.close();
      Native.setLastError(errno);
      return null;
    }
    return memory;
  }

  /** The file's size in bytes, or a negative errno; moves the file's position. */
  public long size() {
    if (!enter()) {
      return BAD;
    }
    try {
      long size = Libc.lseek(number, 0, Libc.SEEK_END);
      return size < 0 ? -Libc.errno() : size;
    } finally {
      leave();
    }
  }

  /** Whether nobody can make the file shorter (F_SEAL_SHRINK), so that mapping it is safe. */
  public boolean cannotShrink() {
    if (!enter()) {
      return false;
    }
    try {
      int seals = Libc.fcntl(number, Libc.F_GET_SEALS, 0);
      return seals >= 0 && (seals & Libc.F_SEAL_SHRINK) != 0;
    } finally {
      leave();
    }
  }

  /** Whether it is a file in memory (memfd, tmpfs, hugetlbfs), the only ones that know seals. */
  public boolean isMemory() {
    if (!enter()) {
      return false;
    }
    try {
      return Libc.fcntl(number, Libc.F_GET_SEALS, 0) >= 0;
    } finally {
      leave();
    }
  }

  /** Takes what {@link #identity} finds out. */
  public interface IdentityFactory<T> {
    T of(long device, long inode, long size, boolean writable);
  }

  /**
   * Which file it is, and whether it was opened for reading and writing; null when the kernel
   * refuses (see errno).
   */
  public <T> @Nullable T identity(IdentityFactory<T> factory) {
    if (!enter()) {
      return null;
    }
    try {
      Struct status = new Struct(Libc.SIZEOF_STATX);
      int mask = Libc.STATX_INO | Libc.STATX_SIZE;
      if (Libc.statx(number, "", Libc.AT_EMPTY_PATH, mask, status.address()) < 0) {
        return null;
      }
      int mode = Libc.fcntl(number, Libc.F_GETFL, 0) & Libc.O_ACCMODE;
      long device =
          (long) status.getInt(Libc.OFFSETOF_STATX_DEV_MAJOR) << Integer.SIZE
              | (status.getInt(Libc.OFFSETOF_STATX_DEV_MINOR) & 0xffff_ffffL);
      return factory.of(
          device,
          status.getLong(Libc.OFFSETOF_STATX_INO),
          status.getLong(Libc.OFFSETOF_STATX_SIZE),
          mode == Libc.O_RDWR);
    } finally {
      leave();
    }
  }

  /** How many are open in this process. */
  public static long openCount() {
    return OPEN.get();
  }

  /** The number, for an argument of another call. */
  public int number() {
    return number;
  }

  public int ioctl(long request, long argument) {
    if (!enter()) {
      return BAD;
    }
    try {
      return Syscalls.ioctl(number, request, argument);
    } finally {
      leave();
    }
  }

  public int ioctl(long request, Struct argument) {
    try {
      return ioctl(request, argument.address());
    } finally {
      Reference.reachabilityFence(argument);
    }
  }

  /** With an argument that points to more memory. */
  public int ioctl(long request, Struct argument, Struct pointedTo) {
    try {
      return ioctl(request, argument);
    } finally {
      Reference.reachabilityFence(pointedTo);
    }
  }

  /** A second descriptor of the same open file; null when the kernel refuses (see errno). */
  public static @Nullable Fd duplicate(int number) {
    return of(Libc.fcntl(number, Libc.F_DUPFD_CLOEXEC, 0));
  }

  /** Reads at most {@code count} bytes to the start of a buffer. */
  public long read(Struct buffer, int count) {
    if (!enter()) {
      return BAD;
    }
    try {
      return Syscalls.read(number, buffer.address(), count);
    } finally {
      Reference.reachabilityFence(buffer);
      leave();
    }
  }

  /** Reads at most {@code count} bytes at an offset to the start of a buffer. */
  public long pread(Struct buffer, int count, long offset) {
    if (!enter()) {
      return BAD;
    }
    try {
      return Syscalls.pread(number, buffer.address(), count, offset);
    } finally {
      Reference.reachabilityFence(buffer);
      leave();
    }
  }

  /** Writes at most {@code count} bytes from the start of a buffer at an offset. */
  public long pwrite(Struct buffer, int count, long offset) {
    if (!enter()) {
      return BAD;
    }
    try {
      return Syscalls.pwrite(number, buffer.address(), count, offset);
    } finally {
      Reference.reachabilityFence(buffer);
      leave();
    }
  }

  boolean enter() {
    int before;
    do {
      before = calls.get();
      if (before < 0) {
        return false;
      }
    } while (!calls.compareAndSet(before, before + 1));
    return true;
  }

  void leave() {
    if (calls.decrementAndGet() == CLOSED) {
      closeNow();
    }
  }

  @Override
  public void close() {
    int before;
    do {
      before = calls.get();
      if (before < 0) {
        return;
      }
    } while (!calls.compareAndSet(before, before | CLOSED));
    if (before == 0) {
      closeNow();
    }
  }

  private void closeNow() {
    int unusedResult = Libc.close(number);
    OPEN.decrementAndGet();
    Origins.closed(origin);
  }
}
