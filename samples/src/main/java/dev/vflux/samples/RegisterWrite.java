package dev.vflux.samples;

import dev.vflux.vfio.RegionIndex;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * A 32-bit register write named on the command line.
 *
 * @param region the region
 * @param offset byte offset into it
 * @param value what to write
 */
record RegisterWrite(RegionIndex region, long offset, int value) {

  private static final Pattern FORM = Pattern.compile("(\\w+):(\\w+)=(\\w+)");

  /** {@code REGION:OFFSET=VALUE}, for instance {@code BAR0:0x60=1}. */
  static final class Converter implements ITypeConverter<RegisterWrite> {
    @Override
    public RegisterWrite convert(String text) {
      Matcher matcher = FORM.matcher(text);
      if (!matcher.matches()) {
        throw new TypeConversionException(
            "'" + text + "' is not REGION:OFFSET=VALUE, for instance BAR0:0x60=1");
      }
      long value = Numbers.parseUnsigned(matcher.group(3));
      if (value >>> Integer.SIZE != 0) {
        throw new TypeConversionException(Numbers.hex(value) + " does not fit into 32 bits");
      }
      return new RegisterWrite(
          region(matcher.group(1)), Numbers.parseUnsigned(matcher.group(2)), (int) value);
    }

    private static RegionIndex region(String name) {
      try {
        return RegionIndex.valueOf(name.toUpperCase(Locale.ROOT));
      } catch (IllegalArgumentException unknown) {
        throw new TypeConversionException("'" + name + "' is not a region, for instance BAR0");
      }
    }
  }
}
