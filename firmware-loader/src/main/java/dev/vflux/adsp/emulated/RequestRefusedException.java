package dev.vflux.adsp.emulated;

/** A request that the firmware answers with an error; says with which and, for the log, why. */
final class RequestRefusedException extends Exception {

  /** Hardware cannot be had. */
  static final int EIO = 5;

  /** There is no such object. */
  static final int ENODEV = 19;

  /** Not enough memory or no place left in a table. */
  static final int ENOMEM = 12;

  /** The core that should do it is not on. */
  static final int EACCES = 13;

  /** An earlier request is not finished. */
  static final int EBUSY = 16;

  /** The request itself is wrong. */
  static final int EINVAL = 22;

  private static final long serialVersionUID = 1L;

  private final int errno;

  private RequestRefusedException(int errno, String why) {
    super(why, null, false, false);
    this.errno = errno;
  }

  static RequestRefusedException invalid(String why) {
    return new RequestRefusedException(EINVAL, why);
  }

  static RequestRefusedException noDevice(String why) {
    return new RequestRefusedException(ENODEV, why);
  }

  static RequestRefusedException noMemory(String why) {
    return new RequestRefusedException(ENOMEM, why);
  }

  static RequestRefusedException io(String why) {
    return new RequestRefusedException(EIO, why);
  }

  static RequestRefusedException busy(String why) {
    return new RequestRefusedException(EBUSY, why);
  }

  static RequestRefusedException with(int errno, String why) {
    return new RequestRefusedException(errno, why);
  }

  static RequestRefusedException coreOff(int core) {
    return new RequestRefusedException(
        EACCES, "core " + Integer.toUnsignedString(core) + " is off");
  }

  /** The number of the reply, without its sign. */
  int errno() {
    return errno;
  }
}
