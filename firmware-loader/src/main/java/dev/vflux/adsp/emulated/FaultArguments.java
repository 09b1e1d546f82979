package dev.vflux.adsp.emulated;

import dev.vflux.emulated.DeviceOptionException;
import dev.vflux.emulated.Fault;

/** The numbers in the argument of a fault, which a slash parts: {@code 3/22}. */
final class FaultArguments {

  private static final String PART = "/";

  private FaultArguments() {}

  static DeviceOptionException refused(Fault fault, String answer, String advice) {
    return new DeviceOptionException("fault", fault.toString(), answer, advice);
  }

  /** Refuses any argument. */
  static void none(Fault fault) {
    if (!fault.argument().isEmpty()) {
      throw refused(fault, "it takes no argument", "leave it out");
    }
  }

  /** The only number; an argument of several is refused. */
  static long one(Fault fault, long fallback, long least, long most) {
    return number(fault, 0, 1, fallback, least, most);
  }

  /** The first of at most two numbers. */
  static long first(Fault fault, long fallback, long least, long most) {
    return number(fault, 0, 2, fallback, least, most);
  }

  /** The second of at most two numbers. */
  static long second(Fault fault, long fallback, long least, long most) {
    return number(fault, 1, 2, fallback, least, most);
  }

  private static long number(
      Fault fault, int index, int mostParts, long fallback, long least, long most) {
    String[] parts = fault.argument().split(PART, -1);
    if (parts.length > mostParts) {
      throw refused(fault, "it has " + parts.length + " numbers", "use at most " + mostParts);
    }
    if (index >= parts.length) {
      return fallback;
    }
    if (parts[index].isEmpty() && parts.length > 1) {
      throw refused(fault, "a number is missing beside the slash", "add one, or leave both out");
    }
    long value = new Fault(fault.name(), parts[index], fault.attempt()).number(fallback);
    if (value < least || value > most) {
      throw refused(fault, value + " is out of range", "use " + least + " to " + most);
    }
    return value;
  }
}
