package dev.vflux.samples;

import dev.vflux.vfio.DriverException;

/**
 * An error as JSON shows it.
 *
 * @param type the exception's simple name
 * @param operation what was attempted
 * @param target on what
 * @param answer what the machine answered
 * @param advice what to try next
 * @param isTransient whether the same attempt may succeed later
 */
record ErrorView(
    String type,
    String operation,
    String target,
    String answer,
    String advice,
    boolean isTransient) {

  static ErrorView of(DriverException error) {
    return new ErrorView(
        error.getClass().getSimpleName(),
        error.operation(),
        error.target(),
        error.answer(),
        error.advice(),
        error.isTransient());
  }
}
