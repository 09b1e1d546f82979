package dev.vflux.vfio;

import dev.vflux.linux.Fd;
import dev.vflux.linux.Mapping;
import dev.vflux.linux.Origins;
import java.util.List;
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
   * Where something that is open was opened.
   *
   * @param what what it is, in words, with its number or name
   * @param thread the name of the thread that opened it
   * @param place the stack at that moment, innermost first
   */
  public record Origin(String what, String thread, List<StackTraceElement> place) {

    private static final int SHOWN = 12;

    /**
     * Creates a record.
     *
     * @param what what it is
     * @param thread who opened it
     * @param place where; copied
     */
    public Origin {
      place = List.copyOf(place);
    }

    /** Several lines, as of a stack trace. */
    @Override
    public String toString() {
      StringBuilder text = new StringBuilder(what + ", opened by " + thread);
      place.stream().limit(SHOWN).forEach(frame -> text.append("\n    at ").append(frame));
      return text.toString();
    }
  }

  /**
   * What is open and where it was opened, in a process started with {@code -Dvflux.leaks=debug}:
   * devices, DMA buffers, eventfds, mappings and other file descriptors. Recording takes a stack
   * trace at each opening; without the property it costs nothing.
   *
   * @return oldest first; always empty without the property
   */
  public static List<Origin> origins() {
    return Origins.open().stream()
        .map(one -> new Origin(one.what(), one.thread(), one.place()))
        .toList();
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
