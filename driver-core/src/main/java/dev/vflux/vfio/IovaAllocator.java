package dev.vflux.vfio;

import dev.vflux.vfio.DmaException.Reason;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * Hands out page-rounded IOVAs, lowest first, from what the IOMMU maps less the MSI window, and
 * takes them back. Not thread-safe: {@link Dma} serialises.
 */
final class IovaAllocator {

  /** The x86 MSI window (Intel SDM vol. 3A, 11.11.1): writes there are interrupts, not memory. */
  static final IovaRange MSI_WINDOW = new IovaRange(0xFEE0_0000L, 0xFEEF_FFFFL);

  private record Taken(long last, String owner) {}

  private final String device;
  private final long pageSize;
  private final List<IovaRange> usable = new ArrayList<>();
  private final NavigableMap<Long, Taken> taken = new TreeMap<>();

  IovaAllocator(String device, long pageSize, List<IovaRange> ranges) {
    this.device = device;
    this.pageSize = pageSize;
    for (IovaRange range : ranges) {
      add(range.first(), Math.min(range.last(), MSI_WINDOW.first() - 1));
      add(Math.max(range.first(), MSI_WINDOW.last() + 1), range.last());
    }
  }

  // The page at IOVA 0 is left out: a zero address in a descriptor is nearly always a forgotten
  // one.
  private void add(long first, long last) {
    if (first > last || first > Long.MAX_VALUE - pageSize) {
      return;
    }
    long from = Math.max(roundUp(first), pageSize);
    if (last >= from) {
      usable.add(new IovaRange(from, last));
    }
  }

  List<IovaRange> usable() {
    return List.copyOf(usable);
  }

  long roundUp(long size) {
    return (size + pageSize - 1) & -pageSize;
  }

  long allocate(String owner, long size, long maxAddress) {
    for (IovaRange range : usable) {
      long candidate = range.first();
      long last = Math.min(range.last(), maxAddress);
      while (candidate <= last && size - 1 <= last - candidate) {
        Map.Entry<Long, Taken> below = taken.floorEntry(candidate + size - 1);
        if (below == null || below.getValue().last() < candidate) {
          taken.put(candidate, new Taken(candidate + size - 1, owner));
          return candidate;
        }
        candidate = below.getValue().last() + 1;
      }
    }
    throw new DmaException(
        Reason.NO_SPACE,
        "allocate IOVA",
        device + " for " + owner,
        size + " bytes up to 0x" + Long.toHexString(maxAddress) + " are not free in " + usable,
        "close buffers that are no longer needed");
  }

  void reserve(String owner, long iova, long size) {
    String target = device + " for " + owner;
    if (iova % pageSize != 0
        || usable.stream().noneMatch(r -> iova >= r.first() && size - 1 <= r.last() - iova)) {
      throw new DmaException(
          Reason.NOT_MAPPABLE,
          "map IOVA 0x" + Long.toHexString(iova),
          target,
          size + " bytes there are not a page-aligned part of " + usable,
          "use a multiple of " + pageSize + " inside these ranges");
    }
    Map.Entry<Long, Taken> below = taken.floorEntry(iova + size - 1);
    if (below != null && below.getValue().last() >= iova) {
      throw new DmaException(
          Reason.IN_USE,
          "map IOVA 0x" + Long.toHexString(iova),
          target,
          "it is in use by '" + below.getValue().owner() + "'",
          "close that buffer first or use another IOVA");
    }
    taken.put(iova, new Taken(iova + size - 1, owner));
  }

  void release(long iova) {
    taken.remove(iova);
  }
}
