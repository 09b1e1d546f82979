package dev.vflux.vfio.kernel;

import dev.vflux.pci.PciAddress;
import dev.vflux.pci.PciException;
import dev.vflux.vfio.DeviceUri;
import dev.vflux.vfio.DeviceUriException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What a URI of this door asks for.
 *
 * @param function the PCI function
 * @param way how to reach it
 * @param container the name of an address space to share with other devices of this process
 */
record KernelAddress(PciAddress function, Way way, Optional<String> container) {

  static final String SCHEME = "vfio";

  /** The ways into VFIO. */
  enum Way {
    /** By iommufd where the kernel offers that for the device, else by group. */
    AUTO,
    /** /dev/vfio/GROUP and a container with the IOMMU driver type1v2. */
    GROUP,
    /** /dev/vfio/devices/vfioN and /dev/iommu. */
    IOMMUFD,
    /** A group that vfio made up because there is no IOMMU. */
    NOIOMMU;

    String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private static final String IOMMU = "iommu";
  private static final String CONTAINER = "container";
  private static final String UNSAFE = "unsafe";

  static KernelAddress of(DeviceUri uri) {
    for (String option : uri.options().keySet()) {
      if (!List.of(IOMMU, CONTAINER, UNSAFE).contains(option)) {
        throw refused(
            uri,
            "unknown option '" + option + "'",
            "known options: iommu=auto|group|iommufd|noiommu, container=NAME, unsafe=noiommu");
      }
    }
    Way way = way(uri);
    checkUnsafe(uri, way);
    return new KernelAddress(function(uri), way, Optional.ofNullable(uri.options().get(CONTAINER)));
  }

  private static PciAddress function(DeviceUri uri) {
    try {
      return PciAddress.parse(uri.path());
    } catch (PciException malformed) {
      throw refused(uri, malformed.answer(), malformed.advice());
    }
  }

  private static Way way(DeviceUri uri) {
    String text = uri.options().getOrDefault(IOMMU, Way.AUTO.text());
    return Arrays.stream(Way.values())
        .filter(way -> way.text().equals(text))
        .findFirst()
        .orElseThrow(
            () ->
                refused(
                    uri,
                    "no way '" + text + "'",
                    Arrays.stream(Way.values())
                        .map(Way::text)
                        .collect(Collectors.joining(", ", "known ways: ", ""))));
  }

  // Asked for twice, so that no one gets there by a slip.
  private static void checkUnsafe(DeviceUri uri, Way way) {
    Map<String, String> options = uri.options();
    boolean confirmed = Way.NOIOMMU.text().equals(options.get(UNSAFE));
    if (options.containsKey(UNSAFE) && !confirmed) {
      throw refused(uri, "unsafe=" + options.get(UNSAFE) + " means nothing", "use unsafe=noiommu");
    }
    if (confirmed != (way == Way.NOIOMMU)) {
      throw refused(
          uri,
          "without an IOMMU the device can write all memory of the machine",
          "to have it so all the same say both iommu=noiommu and unsafe=noiommu");
    }
  }

  private static DeviceUriException refused(DeviceUri uri, String answer, String advice) {
    return new DeviceUriException(uri.name(), answer, advice);
  }

  String name() {
    return SCHEME + ":" + function;
  }
}
