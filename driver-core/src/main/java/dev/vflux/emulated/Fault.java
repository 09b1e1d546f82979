package dev.vflux.emulated;

/**
 * Something a device is asked to do wrong. Immutable; any thread.
 *
 * @param name which fault, one of {@link DeviceModel#faults()}
 * @param argument its detail; empty when there is none
 * @param attempt at which attempt it happens, from 1; 0 for every one
 */
public record Fault(String name, String argument, int attempt) {

  /**
   * A fault at every attempt.
   *
   * @param name which fault
   * @return the fault, without argument
   */
  public static Fault of(String name) {
    return new Fault(name, "", 0);
  }

  /**
   * Whether it happens at an attempt.
   *
   * @param number the attempt, from 1
   * @return true when it does
   */
  public boolean appliesTo(int number) {
    return attempt == 0 || attempt == number;
  }

  /**
   * The argument as a number.
   *
   * @param fallback the number when there is no argument
   * @return the argument, read as decimal, or as hexadecimal with {@code 0x}
   * @throws DeviceOptionException when it is not such a number
   */
  public long number(long fallback) {
    if (argument.isEmpty()) {
      return fallback;
    }
    return Numbers.parse("fault", toString(), argument, 0, Long.MAX_VALUE);
  }

  /**
   * As {@link FaultPlan#parse} reads it.
   *
   * @return {@code name[:argument][@attempt]}
   */
  @Override
  public String toString() {
    return name + (argument.isEmpty() ? "" : ":" + argument) + (attempt == 0 ? "" : "@" + attempt);
  }
}
