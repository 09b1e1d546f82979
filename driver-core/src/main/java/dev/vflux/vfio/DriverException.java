package dev.vflux.vfio;

/**
 * The root of every error this project throws: says what was attempted, on what, what the machine
 * answered and what to try next. Thrown as it is, never logged and rethrown. Immutable; any thread.
 */
public class DriverException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final String operation;
  private final String target;
  private final String answer;
  private final String advice;

  /**
   * Creates an error; the message is built from its four parts.
   *
   * @param operation what was attempted, for instance {@code "read32"}
   * @param target on what: a device, region and offset, a file and offset, a path
   * @param answer what the machine answered, with the numbers
   * @param advice what to try next; empty when there is nothing to advise
   */
  public DriverException(String operation, String target, String answer, String advice) {
    super(operation + " on " + target + ": " + answer + (advice.isEmpty() ? "" : "; " + advice));
    this.operation = operation;
    this.target = target;
    this.answer = answer;
    this.advice = advice;
  }

  /**
   * What was attempted.
   *
   * @return a short phrase, for instance {@code "map DMA"}
   */
  public final String operation() {
    return operation;
  }

  /**
   * On what it was attempted.
   *
   * @return the device, region, file or path, with the offset where there is one
   */
  public final String target() {
    return target;
  }

  /**
   * What the machine answered.
   *
   * @return the answer, with the numbers
   */
  public final String answer() {
    return answer;
  }

  /**
   * What to try next.
   *
   * @return advice, or an empty string
   */
  public final String advice() {
    return advice;
  }

  /**
   * Whether the same attempt may succeed later without a change by the caller.
   *
   * @return true for a time-out or a busy device, false (the default) for everything else
   */
  public boolean isTransient() {
    return false;
  }
}
