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
  public static final int O_RDONLY = 0;
  public static final int O_RDWR = 2;
  public static final int O_CLOEXEC = 0x80000;
  public static final int O_ACCMODE = 3;
  public static final int F_GETFL = 3;
  public static final int F_DUPFD_CLOEXEC = 1030;
  public static final int F_ADD_SEALS = 1033;
  public static final int F_GET_SEALS = 1034;
  public static final int F_SEAL_SHRINK = 0x2;
  public static final int F_SEAL_GROW = 0x4;
  public static final int SEEK_END = 2;
  // include/uapi/linux/stat.h, include/uapi/linux/fcntl.h
  public static final int AT_EMPTY_PATH = 0x1000;
  public static final int STATX_INO = 0x100;
  public static final int STATX_SIZE = 0x200;
  public static final int SIZEOF_STATX = 256;
  public static final int OFFSETOF_STATX_INO = 32;
  public static final int OFFSETOF_STATX_SIZE = 40;
  public static final int OFFSETOF_STATX_DEV_MAJOR = 136;
  public static final int OFFSETOF_STATX_DEV_MINOR = 140;
  public static final int S_IFMT = 0170000;
  public static final int S_IFSOCK = 0140000;
  // include/uapi/linux/memfd.h
  public static final int MFD_CLOEXEC = 1;
  public static final int MFD_ALLOW_SEALING = 2;
  // include/uapi/asm-generic/poll.h
  public static final int POLLIN = 0x1;
  public static final int POLLOUT = 0x4;
  public static final int POLLERR = 0x8;
  public static final int POLLHUP = 0x10;
  public static final int POLLNVAL = 0x20;
  public static final int POLLRDHUP = 0x2000;
  public static final int SIZEOF_POLLFD = 8;
  public static final int OFFSETOF_POLLFD_EVENTS = 4;
  public static final int OFFSETOF_POLLFD_REVENTS = 6;
  // include/linux/socket.h, include/uapi/linux/un.h
  public static final int AF_UNIX = 1;
  public static final int SOCK_STREAM = 1;
  public static final int SOCK_NONBLOCK = 0x800;
  public static final int SOCK_CLOEXEC = 0x80000;
  public static final int SHUT_RDWR = 2;
  public static final int SOL_SOCKET = 1;
  public static final int SCM_RIGHTS = 1;
  public static final int MSG_CTRUNC = 0x8;
  public static final int MSG_DONTWAIT = 0x40;
  public static final int MSG_NOSIGNAL = 0x4000;
  public static final int MSG_CMSG_CLOEXEC = 0x40000000;
  public static final int SIZEOF_SOCKADDR_UN = 110;
  public static final int OFFSETOF_SOCKADDR_UN_PATH = 2;
  public static final int SIZEOF_IOVEC = 16;
  public static final int OFFSETOF_IOVEC_LEN = 8;
  public static final int SIZEOF_MSGHDR = 56;
  public static final int OFFSETOF_MSGHDR_IOV = 16;
  public static final int OFFSETOF_MSGHDR_IOVLEN = 24;
  public static final int OFFSETOF_MSGHDR_CONTROL = 32;
  public static final int OFFSETOF_MSGHDR_CONTROLLEN = 40;
  public static final int OFFSETOF_MSGHDR_FLAGS = 48;
  public static final int SIZEOF_CMSGHDR = 16;
  public static final int OFFSETOF_CMSGHDR_LEVEL = 8;
  public static final int OFFSETOF_CMSGHDR_TYPE = 12;
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

  public static native long read(int fd, long buffer, long count);

  public static native long write(int fd, long buffer, long count);

  public static native int open(String path, int flags);

  public static native int close(int fd);

  public static native int fcntl(int fd, int command, int argument);

  /** The argument is the address of a structure, or a plain number, as the request says. */
  public static native int ioctl(int fd, long request, long argument);

  public static native long pread(int fd, long buffer, long count, long offset);

  public static native long pwrite(int fd, long buffer, long count, long offset);

  /** Waits for one of an array of {@code struct pollfd}. */
  public static native int poll(long fds, long count, int timeoutMillis);

  public static native Pointer mmap(
      Pointer address, long length, int prot, int flags, int fd, long offset);

  public static native int munmap(Pointer address, long length);

  public static native int socket(int domain, int type, int protocol);

  public static native int socketpair(int domain, int type, int protocol, long pair);

  public static native int bind(int fd, long address, int length);

  public static native int listen(int fd, int backlog);

  public static native int accept4(int fd, long address, long length, int flags);

  public static native int connect(int fd, long address, int length);

  public static native int shutdown(int fd, int how);

  public static native long sendmsg(int fd, long header, int flags);

  public static native long recvmsg(int fd, long header, int flags);

  public static native int memfd_create(String name, int flags);

  public static native int ftruncate(int fd, long length);

  public static native int statx(int dirFd, String path, int flags, int mask, long statx);

  public static native int fchmod(int fd, int mode);

  public static native long lseek(int fd, long offset, int whence);

  public static native int sched_setaffinity(int thread, long size, long mask);

  public static native int sched_getaffinity(int thread, long size, long mask);

  public static native int getpagesize();

  public static native int geteuid();
}
