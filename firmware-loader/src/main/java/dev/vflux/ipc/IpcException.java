package dev.vflux.ipc;

import dev.vflux.vfio.DriverException;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A request to the firmware that was not carried out, or that nobody knows of whether it was. Says
 * which request by its name and ids. Immutable; any thread.
 */
public sealed class IpcException extends DriverException permits FirmwarePanicException {

  private static final long serialVersionUID = 1L;

  /** Why. */
  public enum Reason {
    /** The message cannot be sent: its size is none that a message has. */
    BAD_REQUEST,
    /** More requests wait than may. */
    TOO_MANY_REQUESTS,
    /** The firmware has carried it out with an error, see {@link IpcException#errno()}. */
    REFUSED,
    /** The firmware is done with it, but its reply cannot be right. */
    BAD_REPLY,
    /** The firmware was not done in time; whether it carries it out is not known. */
    TIMEOUT,
    /** What the firmware says of a place in its memory leads out of it. */
    BAD_POSITION,
    /** The firmware has panicked, see {@link FirmwarePanicException}. */
    PANIC,
    /** The firmware was powered down, or has saved its context and powered itself down. */
    ENDED
  }

  private final Reason reason;
  private final String request;
  private final int errno;

  IpcException(Reason reason, String request, String device, String answer, String advice) {
    this(reason, request, device, answer, advice, 0);
  }

  private IpcException(
      Reason reason, String request, String device, String answer, String advice, int errno) {
    super(request, device, answer, advice);
    this.reason = reason;
    this.request = request;
    this.errno = errno;
  }

  /** The firmware's own error. */
  static IpcException refused(String request, String device, int errno) {
    return new IpcException(
        Reason.REFUSED,
        request,
        device,
        "the firmware answers -%d (%s)".formatted(errno, FirmwareErrno.name(errno)),
        FirmwareErrno.advice(errno),
        errno);
  }

  /**
   * Why.
   *
   * @return the reason
   */
  public final Reason reason() {
    return reason;
  }

  /**
   * Which request.
   *
   * @return its name and ids, for instance {@code COMP_CONNECT 1 to 2}
   */
  public final String request() {
    return request;
  }

  /**
   * The number of the firmware's error.
   *
   * @return a Linux errno, positive; empty unless the reason is {@link Reason#REFUSED}
   */
  public final OptionalInt errno() {
    return errno == 0 ? OptionalInt.empty() : OptionalInt.of(errno);
  }

  /**
   * The name of the firmware's error.
   *
   * @return for instance {@code EINVAL}; empty unless the reason is {@link Reason#REFUSED}
   */
  public final Optional<String> errnoName() {
    return errno == 0 ? Optional.empty() : Optional.of(FirmwareErrno.name(errno));
  }

  /** Whether the same request may succeed when it is made again. */
  @Override
  public final boolean isTransient() {
    return reason == Reason.TIMEOUT || reason == Reason.TOO_MANY_REQUESTS;
  }
}
