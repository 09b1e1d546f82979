package dev.vflux.vfio;

import java.util.List;

/**
 * One door: knows how to open the devices of one URI scheme. Found with {@link
 * java.util.ServiceLoader}. Implementations must be stateless; any thread.
 */
public interface DeviceProvider {

  /**
   * The URI scheme it serves.
   *
   * @return for instance {@code "emulated"}
   */
  String scheme();

  /**
   * Opens a device. May block; never called on an event loop.
   *
   * @param uri the address, of this provider's scheme
   * @return the open device, owned by the caller
   * @throws DriverException when it cannot be opened; nothing stays open then
   */
  DeviceBackend open(DeviceUri uri);

  /**
   * Which devices this door could open now.
   *
   * @return name and description of each; may be empty
   */
  List<DeviceInfo> list();
}
