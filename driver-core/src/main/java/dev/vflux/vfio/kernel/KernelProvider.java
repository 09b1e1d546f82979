package dev.vflux.vfio.kernel;

import dev.vflux.pci.PciBus;
import dev.vflux.pci.PciFunction;
import dev.vflux.pci.PciNames;
import dev.vflux.vfio.DeviceBackend;
import dev.vflux.vfio.DeviceInfo;
import dev.vflux.vfio.DeviceProvider;
import dev.vflux.vfio.DeviceUri;
import java.util.List;

/**
 * The door {@code vfio:<address>[?option=value]}: PCI functions that are bound to vfio-pci, for
 * instance {@code vfio:0000:00:1f.3}. Options: {@code iommu=auto|group|iommufd} chooses the way
 * (auto: iommufd where the kernel offers it and the user may open it), {@code container=NAME}
 * shares one address space among devices of this process that give the same name, {@code
 * iommu=noiommu} together with {@code unsafe=noiommu} does without an IOMMU and without DMA.
 */
public final class KernelProvider implements DeviceProvider {

  private final PciBus bus;

  /** For {@link java.util.ServiceLoader}. */
  public KernelProvider() {
    this(PciBus.system());
  }

  KernelProvider(PciBus bus) {
    this.bus = bus;
  }

  @Override
  public String scheme() {
    return KernelAddress.SCHEME;
  }

  @Override
  public DeviceBackend open(DeviceUri uri) {
    return OpenGroups.PROCESS.open(bus, KernelAddress.of(uri));
  }

  /**
   * The functions that are bound to a VFIO driver. Whether a device can be reset shows only when it
   * is open.
   *
   * @return name and description of each, never marked as resettable
   */
  @Override
  public List<DeviceInfo> list() {
    PciNames names = bus.names();
    return bus.functions().stream()
        .filter(PciFunction::isVfio)
        .map(
            function ->
                new DeviceInfo(
                    KernelAddress.SCHEME + ":" + function.address(),
                    names.describe(function),
                    false))
        .toList();
  }
}
