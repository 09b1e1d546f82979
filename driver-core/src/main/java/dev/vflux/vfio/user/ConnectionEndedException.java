package dev.vflux.vfio.user;

/** The socket can carry no further message. Caught by the client and the server session. */
final class ConnectionEndedException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final int errno;

  ConnectionEndedException(int errno, String reason) {
    super(reason);
    this.errno = errno;
  }

  int errno() {
    return errno;
  }

  String reason() {
    return String.valueOf(getMessage());
  }
}
