package dev.vflux.vfio.kernel;

import dev.vflux.vfio.DmaMapping;
import dev.vflux.vfio.IovaSpace;
import java.util.OptionalLong;

/**
 * What devices reach memory through: a container with an IOMMU driver, or an IOAS of an iommufd.
 * Any thread.
 */
interface AddressSpace extends AutoCloseable {

  /** Its addresses, for all devices in it. */
  IovaSpace iovas();

  /** How many more mappings it takes; empty without such a limit. */
  OptionalLong mappingsLeft();

  /** Maps for the devices in it, on behalf of one of them. */
  void map(String device, DmaMapping mapping);

  /** Unmaps on behalf of a device. */
  void unmap(String device, DmaMapping mapping);

  /** Gives the descriptors back, and with them all mappings. */
  @Override
  void close();
}
