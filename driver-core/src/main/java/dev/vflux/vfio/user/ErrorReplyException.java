package dev.vflux.vfio.user;

import dev.vflux.linux.Errno;

/** The server answered a command with an error. */
final class ErrorReplyException extends Exception {

  private static final long serialVersionUID = 1L;
  private static final int LARGEST_ERRNO = 4095;

  private final int errno;

  ErrorReplyException(int errno) {
    super(Errno.name(errno));
    // anything may stand in the header of an error
    this.errno = errno > 0 && errno <= LARGEST_ERRNO ? errno : Errno.EINVAL.number();
  }

  int errno() {
    return errno;
  }
}
