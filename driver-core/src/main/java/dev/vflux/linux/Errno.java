package dev.vflux.linux;

/** errno numbers by their C names (include/uapi/asm-generic/errno-base.h, errno.h). */
public enum Errno {
  EPERM(1),
  ENOENT(2),
  EINTR(4),
  EIO(5),
  ENXIO(6),
  EBADF(9),
  EAGAIN(11),
  ENOMEM(12),
  EACCES(13),
  EFAULT(14),
  EBUSY(16),
  EEXIST(17),
  ENODEV(19),
  EINVAL(22),
  ENFILE(23),
  EMFILE(24),
  ENOTTY(25),
  ENOSPC(28),
  EPIPE(32),
  ENAMETOOLONG(36),
  ENOSYS(38),
  ENOMSG(42),
  EPROTO(71),
  EBADFD(77),
  EMSGSIZE(90),
  EOPNOTSUPP(95),
  EADDRINUSE(98),
  ECONNABORTED(103),
  ECONNRESET(104),
  ETIMEDOUT(110),
  ECONNREFUSED(111);

  private final int number;

  Errno(int number) {
    this.number = number;
  }

  public int number() {
    return number;
  }

  /** The C name of an errno, or {@code "errno N"} for one that is not listed here. */
  public static String name(int number) {
    for (Errno errno : values()) {
      if (errno.number == number) {
        return errno.name();
      }
    }
    return "errno " + number;
  }
}
