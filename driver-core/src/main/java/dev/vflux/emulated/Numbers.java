package dev.vflux.emulated;

/** Numbers in the options of a device. */
final class Numbers {

  private Numbers() {}

  static long parse(String option, String value, String number, long min, long max) {
    boolean hex = number.startsWith("0x") || number.startsWith("0X");
    long parsed;
    try {
      parsed = hex ? Long.parseLong(number.substring(2), 16) : Long.parseLong(number);
    } catch (NumberFormatException notANumber) {
      throw new DeviceOptionException(
          option, value, "'" + number + "' is not a number", range(min, max));
    }
    if (parsed < min || parsed > max) {
      throw new DeviceOptionException(option, value, number + " is out of range", range(min, max));
    }
    return parsed;
  }

  private static String range(long min, long max) {
    return "use " + min + " to " + max + ", in decimal or with 0x";
  }
}
