package dev.vflux.vfio.user;

import dev.vflux.linux.Errno;
import org.jspecify.annotations.Nullable;

/** A command that is answered with an error; the connection goes on. */
final class RefusedException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final int errno;

  RefusedException(Errno errno, String problem) {
    super(problem, null, false, false);
    this.errno = errno.number();
  }

  int errno() {
    return errno;
  }

  static void check(boolean condition, String problem) {
    if (!condition) {
      throw new RefusedException(Errno.EINVAL, problem);
    }
  }

  static <T> T present(@Nullable T wanted, String problem) {
    if (wanted == null) {
      throw new RefusedException(Errno.EINVAL, problem);
    }
    return wanted;
  }
}
