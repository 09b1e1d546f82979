package dev.vflux.pci;

import dev.vflux.vfio.DriverException;

/** Something about a PCI function that cannot be understood or done. Immutable; any thread. */
public class PciException extends DriverException {

  private static final long serialVersionUID = 1L;

  /** What kind of failure it is. */
  public enum Reason {
    /** A text that is no address, or names a user or folder that cannot be used. */
    BAD_INPUT,
    /** There is no such function, group or driver. */
    NOT_FOUND,
    /** A file of sysfs or procfs cannot be read. */
    UNREADABLE,
    /** A file of sysfs does not hold what the kernel documents. */
    GARBAGE,
    /** Binding was refused before anything was written. */
    REFUSED,
    /** The kernel did not take a write, or took it and did something else. */
    WRITE_FAILED,
    /** A write did not return within its limit; the kernel is still at it. */
    TIMED_OUT,
    /** The journal is unreadable, not ours, or of an unfinished earlier run. */
    JOURNAL,
    /** Another process is binding at this moment. */
    LOCKED
  }

  private final Reason reason;

  /**
   * Creates an error.
   *
   * @param reason what kind of failure
   * @param operation what was attempted
   * @param target on which function, group or file
   * @param answer what the machine answered
   * @param advice what to try next, may be empty
   */
  public PciException(
      Reason reason, String operation, String target, String answer, String advice) {
    super(operation, target, answer, advice);
    this.reason = reason;
  }

  PciException(
      Reason reason,
      String operation,
      String target,
      String answer,
      String advice,
      Throwable cause) {
    this(reason, operation, target, answer, advice);
    initCause(cause);
  }

  /**
   * What kind of failure it is.
   *
   * @return the reason
   */
  public final Reason reason() {
    return reason;
  }

  @Override
  public boolean isTransient() {
    return reason == Reason.LOCKED || reason == Reason.TIMED_OUT;
  }
}
