package dev.vflux.samples;

import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.Duration;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** How numbers and durations are written on the command line and in the output. */
final class Numbers {

  private static final Pattern DURATION = Pattern.compile("(\\d{1,12})(us|ms|s|m)");
  private static final Pattern SECONDS = Pattern.compile("\\d{1,9}(\\.\\d{1,9})?");

  private Numbers() {}

  /** Decimal, or hexadecimal with 0x; up to 64 bits, unsigned. */
  static final class UnsignedConverter implements ITypeConverter<Long> {
    @Override
    public Long convert(String text) {
      return parseUnsigned(text);
    }
  }

  /** {@code 250us}, {@code 100ms}, {@code 5s}, {@code 2m}, or ISO-8601 as {@code PT5S}. */
  static final class DurationConverter implements ITypeConverter<Duration> {
    @Override
    public Duration convert(String text) {
      return parseDuration(text);
    }
  }

  /** Decimal seconds, for instance {@code 0.5}. */
  static final class SecondsConverter implements ITypeConverter<Duration> {
    @Override
    public Duration convert(String text) {
      if (!SECONDS.matcher(text).matches()) {
        throw new TypeConversionException(
            "'" + text + "' is not a number of seconds: write it as 2 or 0.5");
      }
      return positive(text, Duration.ofNanos(new BigDecimal(text).movePointRight(9).longValue()));
    }
  }

  static long parseUnsigned(String text) {
    String lower = text.toLowerCase(Locale.ROOT);
    try {
      return lower.startsWith("0x")
          ? Long.parseUnsignedLong(lower.substring(2), 16)
          : Long.parseUnsignedLong(lower);
    } catch (NumberFormatException malformed) {
      throw new TypeConversionException(
          "'" + text + "' is not a number: write it as 255 or 0xff, at most 64 bits");
    }
  }

  static Duration parseDuration(String text) {
    return positive(text, tryDuration(text));
  }

  private static Duration positive(String text, Duration duration) {
    if (duration.isNegative() || duration.isZero()) {
      throw new TypeConversionException("'" + text + "' is not longer than zero");
    }
    return duration;
  }

  private static Duration tryDuration(String text) {
    Matcher matcher = DURATION.matcher(text);
    if (matcher.matches()) {
      long amount = Long.parseLong(matcher.group(1));
      return switch (matcher.group(2)) {
        case "us" -> Duration.ofNanos(amount * 1_000);
        case "ms" -> Duration.ofMillis(amount);
        case "s" -> Duration.ofSeconds(amount);
        default -> Duration.ofMinutes(amount);
      };
    }
    try {
      return Duration.parse(text);
    } catch (DateTimeException malformed) {
      throw new TypeConversionException(
          "'" + text + "' is not a duration: write it as 250us, 100ms, 5s or 2m");
    }
  }

  /** {@code 0x} and as many digits as the width has. */
  static String hex(long value, int bits) {
    long masked = bits == Long.SIZE ? value : value & ((1L << bits) - 1);
    return String.format(Locale.ROOT, "0x%0" + bits / 4 + "x", masked);
  }

  /** {@code 0x} and no leading zeros. */
  static String hex(long value) {
    return "0x" + Long.toHexString(value);
  }

  /** Milliseconds with three decimals, without the unit. */
  static String millis(Duration duration) {
    return String.format(Locale.ROOT, "%.3f", duration.toNanos() / 1e6);
  }

  /** Minutes, seconds and tenths, as players show them. */
  static String clock(Duration time) {
    return String.format(
        Locale.ROOT,
        "%d:%02d.%d",
        time.toMinutes(),
        time.toSecondsPart(),
        time.toMillisPart() / 100);
  }

  /** Seconds with three decimals, without the unit. */
  static String seconds(Duration duration) {
    return String.format(Locale.ROOT, "%.3f", duration.toNanos() / 1e9);
  }

  /** {@code 1 period}, {@code 2 periods}. */
  static String count(long number, String what) {
    return number + " " + what + (number == 1 ? "" : "s");
  }
}
