package dev.vflux.vfio;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Counts what this process holds open through this library, so that a test or a health check can
 * say that nothing leaked. Any thread.
 *
 * @param devices open {@link Device}s
 * @param eventFds open {@link EventFd}s
 * @param mappings memory mappings that were not closed
 * @param iovas DMA mappings that were not removed
 */
public record Resources(long devices, long eventFds, long mappings, long iovas) {

  static final AtomicLong DEVICES = new AtomicLong();
  static final AtomicLong EVENT_FDS = new AtomicLong();
  static final AtomicLong MAPPINGS = new AtomicLong();
  static final AtomicLong IOVAS = new AtomicLong();

  /**
   * What is open now.
   *
   * @return a snapshot of the four counters
   */
  public static Resources open() {
    return new Resources(DEVICES.get(), EVENT_FDS.get(), MAPPINGS.get(), IOVAS.get());
  }

  /**
   * Whether nothing is open.
   *
   * @return true when every counter is zero
   */
  public boolean none() {
    return devices == 0 && eventFds == 0 && mappings == 0 && iovas == 0;
  }
}
