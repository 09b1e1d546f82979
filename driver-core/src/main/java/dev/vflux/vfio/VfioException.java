package dev.vflux.vfio;

import dev.vflux.linux.Errno;

/** The kernel refused a call: carries the errno. Immutable; any thread. */
public class VfioException extends DriverException {

  private static final long serialVersionUID = 1L;

  private final int errno;

  /**
   * Creates an error for a refused system call.
   *
   * @param operation the call or ioctl, by its C name
   * @param target the path, device or file descriptor
   * @param errno the errno the kernel answered with
   * @param advice what to try next, may be empty
   */
  public VfioException(String operation, String target, int errno, String advice) {
    super(operation, target, Errno.name(errno) + " (" + errno + ")", advice);
    this.errno = errno;
  }

  /**
   * Creates an error for a refused system call whose cause is known.
   *
   * @param operation the call or ioctl, by its C name
   * @param target the path, device or file descriptor
   * @param errno the errno the kernel answered with
   * @param cause what that means here
   * @param advice what to try next, may be empty
   */
  public VfioException(String operation, String target, int errno, String cause, String advice) {
    super(operation, target, Errno.name(errno) + " (" + errno + "): " + cause, advice);
    this.errno = errno;
  }

  /**
   * The errno.
   *
   * @return the number, as in errno(3)
   */
  public final int errno() {
    return errno;
  }

  @Override
  public boolean isTransient() {
    return errno == Errno.EAGAIN.number()
        || errno == Errno.EINTR.number()
        || errno == Errno.EBUSY.number();
  }
}
