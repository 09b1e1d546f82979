package dev.vflux.samples;

import dev.vflux.pci.PciAddress;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** A PCI address, with or without the domain, with or without {@code vfio:} before it. */
final class AddressConverter implements ITypeConverter<PciAddress> {

  private static final String SCHEME = "vfio:";

  @Override
  public PciAddress convert(String text) {
    String address = text.startsWith(SCHEME) ? text.substring(SCHEME.length()) : text;
    return PciAddress.find(address)
        .orElseThrow(
            () ->
                new TypeConversionException(
                    "'" + text + "' is not a PCI address such as 0000:00:1f.3"));
  }
}
