package dev.vflux.pci;

import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The address of a PCI function, written {@code 0000:00:1f.3}: domain, bus, device, function.
 *
 * @param domain 0 to 0xffffffff; what firmware declares is 16 bits wide, some hosts number further
 * @param bus 0 to 0xff
 * @param device 0 to 0x1f
 * @param function 0 to 7
 */
public record PciAddress(long domain, int bus, int device, int function)
    implements Comparable<PciAddress> {

  private static final Pattern FORM =
      Pattern.compile("(?:([0-9a-fA-F]{4,8}):)?([0-9a-fA-F]{2}):([0-9a-fA-F]{2})\\.([0-7])");
  private static final int MAX_DEVICE = 0x1f;
  private static final int SHOWN = 80;

  private static final Comparator<PciAddress> ORDER =
      Comparator.comparingLong(PciAddress::domain)
          .thenComparingInt(PciAddress::bus)
          .thenComparingInt(PciAddress::device)
          .thenComparingInt(PciAddress::function);

  /**
   * Creates an address.
   *
   * @param domain 0 to 0xffffffff
   * @param bus 0 to 0xff
   * @param device 0 to 0x1f
   * @param function 0 to 7
   * @throws PciException when a part is out of its range
   */
  public PciAddress {
    if (domain >>> Integer.SIZE != 0
        || bus >>> Byte.SIZE != 0
        || device < 0
        || device > MAX_DEVICE
        || function >>> 3 != 0) {
      throw refused(domain + ":" + bus + ":" + device + "." + function);
    }
  }

  /**
   * Reads an address as lspci(8) and sysfs write it.
   *
   * @param text {@code 0000:00:1f.3}, or {@code 00:1f.3} for domain 0; hexadecimal, either case
   * @return the address
   * @throws PciException when the text is no address
   */
  public static PciAddress parse(String text) {
    return find(text).orElseThrow(() -> refused(text));
  }

  /**
   * Reads an address, for texts that may be something else.
   *
   * @param text any text
   * @return the address; empty when the text is none
   */
  public static Optional<PciAddress> find(String text) {
    Matcher matcher = FORM.matcher(text);
    if (!matcher.matches() || hex(matcher.group(3)) > MAX_DEVICE) {
      return Optional.empty();
    }
    return Optional.of(
        new PciAddress(
            matcher.group(1) == null ? 0 : Long.parseLong(matcher.group(1), 16),
            hex(matcher.group(2)),
            hex(matcher.group(3)),
            hex(matcher.group(4))));
  }

  private static int hex(String digits) {
    return Integer.parseInt(digits, 16);
  }

  private static PciException refused(String text) {
    return new PciException(
        PciException.Reason.BAD_INPUT,
        "read PCI address",
        "'" + (text.length() <= SHOWN ? text : text.substring(0, SHOWN) + "...") + "'",
        "not of the form DDDD:BB:DD.F",
        "write it as lspci -D shows it, for instance 0000:00:1f.3");
  }

  @Override
  public int compareTo(PciAddress other) {
    return ORDER.compare(this, other);
  }

  /** The form that sysfs uses, with the domain. */
  @Override
  public String toString() {
    return String.format(Locale.ROOT, "%04x:%02x:%02x.%x", domain, bus, device, function);
  }
}
