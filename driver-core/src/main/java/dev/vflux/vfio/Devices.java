package dev.vflux.vfio;

import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import java.util.stream.Collectors;

/** Opens devices by their address: the entry to this package. Any thread. */
public final class Devices {

  private Devices() {}

  /**
   * Opens a device. May block, so not on an event loop.
   *
   * <p>{@code vfio:<PCI address>} opens what is bound to vfio-pci; its options are {@code
   * iommu=auto|group|iommufd} (the way; auto takes iommufd where the kernel offers it and the user
   * may open it), {@code container=NAME} (devices of this process that give the same name share one
   * address space), and {@code iommu=noiommu} together with {@code unsafe=noiommu} (no IOMMU, no
   * DMA, and a device that can write all memory of the machine).
   *
   * <p>{@code vfio-user:<path>} opens what another process serves at a UNIX socket. Each access is
   * a message; its caller waits for the reply, for {@code reply-limit=<ms>} at most (5000 unless
   * given here), so the server must not run on a thread that waits for it. {@code twin=off} keeps
   * the server's own commands on the one socket, {@code dma=messages} lets it ask for the bytes of
   * DMA memory instead of mapping it.
   *
   * @param uri for instance {@code emulated:edu}, {@code emulated:cml?fuse=production}, {@code
   *     vfio:0000:00:1f.3} or {@code vfio-user:/run/user/1000/dsp.sock}
   * @return the open device, owned by the caller, who closes it
   * @throws DeviceUriException when the address is malformed or names nothing
   * @throws DriverException when the device cannot be opened; nothing stays open then
   */
  public static Device open(String uri) {
    return Device.of(backend(uri));
  }

  /**
   * Opens a device without the checks and the book-keeping of {@link Device}: for a server that
   * lets another process drive it, and checks for itself. May block, so not on an event loop.
   *
   * @param uri as for {@link #open}
   * @return the open device, owned by the caller, who closes it
   * @throws DeviceUriException when the address is malformed or names nothing
   * @throws DriverException when the device cannot be opened; nothing stays open then
   */
  public static DeviceBackend backend(String uri) {
    DeviceUri address = DeviceUri.parse(uri);
    for (DeviceProvider provider : ServiceLoader.load(DeviceProvider.class)) {
      if (provider.scheme().equals(address.scheme())) {
        return provider.open(address);
      }
    }
    throw new DeviceUriException(
        uri, "unknown scheme '" + address.scheme() + "'", "known schemes: " + schemes());
  }

  /**
   * The devices that could be opened now, over all schemes.
   *
   * @return name and description of each
   */
  public static List<DeviceInfo> list() {
    List<DeviceInfo> devices = new ArrayList<>();
    ServiceLoader.load(DeviceProvider.class).forEach(p -> devices.addAll(p.list()));
    return devices;
  }

  private static String schemes() {
    return ServiceLoader.load(DeviceProvider.class).stream()
        .map(p -> p.get().scheme())
        .sorted()
        .collect(Collectors.joining(", "));
  }
}
