package dev.vflux.vfio;

import dev.vflux.linux.Fd;
import dev.vflux.linux.Mapping;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Counts what this process holds open through this library, so that a test or a health check can
 * say that nothing leaked. Any thread.
 *
 * @param devices open {@link Device}s
 * @param eventFds open {@link EventFd}s
 * @param mappings memory mappings that were not closed: DMA memory and mapped BARs
 * @param iovas DMA mappings that were not removed
 * @param fds other file descriptors: devices, groups, containers, IOMMU objects
 */
public record Resources(long devices, long eventFds, long mappings, long iovas, long fds) {

  static final AtomicLong DEVICES = new AtomicLong();
  static final AtomicLong EVENT_FDS = new AtomicLong();
  static final AtomicLong IOVAS = new AtomicLong();

  /**
   * What is open now.
   *
   * @return a snapshot of the counters
   */
  public static Resources open() {
    return new Resources(
        DEVICES.get(), EVENT_FDS.get(), Mapping.openCount(), IOVAS.get(), Fd.openCount());
  }

  /**
   * Whether nothing is open.
   *
   * @return true when every counter is zero
   */
  public boolean none() {
    return devices == 0 && eventFds == 0 && mappings == 0 && iovas == 0 && fds == 0;
  }
}
