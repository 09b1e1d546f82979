package dev.vflux.linux;

import com.sun.jna.Native;
import com.sun.jna.Pointer;

/**
 * The libc calls this project makes, by JNA direct mapping. A negative return means failure and
 * {@link #errno()} must be read by the same thread right after it; no call here throws for an
 * errno.
 */
public final class Libc {

  // include/uapi/linux/eventfd.h, asm-generic/fcntl.h
  public static final int EFD_CLOEXEC = 0x80000;
  public static final int EFD_NONBLOCK = 0x800;
  // include/uapi/asm-generic/mman-common.h
  public static final int PROT_NONE = 0;
  public static final int PROT_READ = 1;
  public static final int PROT_WRITE = 2;
  public static final int MAP_SHARED = 0x01;
  public static final int MAP_PRIVATE = 0x02;
  public static final int MAP_FIXED = 0x10;
  public static final int MAP_ANONYMOUS = 0x20;

  static {
    Native.register(Libc.class, "c");
  }

  private Libc() {}

  /** The errno left by the calling thread's last failed call. */
  public static int errno() {
    return Native.getLastError();
  }

  public static native int eventfd(int initval, int flags);

  public static native long read(int fd, Pointer buffer, long count);

  public static native long write(int fd, Pointer buffer, long count);

  public static native int close(int fd);

  public static native Pointer mmap(
      Pointer address, long length, int prot, int flags, int fd, long offset);

  public static native int munmap(Pointer address, long length);

  public static native int getpagesize();
}
