package dev.vflux.vfio;

import dev.vflux.vfio.DmaException.Reason;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * The I/O virtual addresses of one IOMMU address space: hands out page-rounded IOVAs, lowest first,
 * from what the IOMMU maps less the MSI window, and takes them back. Devices that share an address
 * space (the groups of one container, the devices of one IOAS) share one object, so no IOVA is
 * handed out twice. Made by a {@link DeviceBackend}, used by {@link Dma}. Any thread.
 */
public final class IovaSpace {

  /** The x86 MSI window (Intel SDM vol. 3A, 11.11.1): writes there are interrupts, not memory. */
  static final IovaRange MSI_WINDOW = new IovaRange(0xFEE0_0000L, 0xFEEF_FFFFL);

  private record Taken(long last, String device, String owner) {}

  private final long pageSize;
  private final String absence;
  private final List<IovaRange> usable = new ArrayList<>();
  private final NavigableMap<Long, Taken> taken = new TreeMap<>();

  /**
   * Describes an address space.
   *
   * @param pageSize the IOMMU's smallest page in bytes, a power of two
   * @param ranges what the IOMMU maps, in ascending order, without overlap
   *     (VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE, IOMMU_IOAS_IOVA_RANGES)
   */
  public IovaSpace(long pageSize, List<IovaRange> ranges) {
    this(pageSize, "");
    restrict(ranges);
  }

  private IovaSpace(long pageSize, String absence) {
    if (Long.bitCount(pageSize) != 1) {
      throw new IllegalArgumentException("a page of " + pageSize + " bytes");
    }
    this.pageSize = pageSize;
    this.absence = absence;
  }

  /**
   * The address space of a device that stands behind no IOMMU: every allocation is refused.
   *
   * @param why the reason, in words, for the error
   * @return a space without addresses
   */
  public static IovaSpace absent(String why) {
    return new IovaSpace(1, why);
  }

  /**
   * Replaces the ranges: a device that joins may reserve addresses of its own. What was handed out
   * before stays with its owner.
   *
   * @param ranges what the IOMMU maps now, in ascending order, without overlap
   */
  public synchronized void restrict(List<IovaRange> ranges) {
    usable.clear();
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

  /**
   * Which IOVAs can be mapped: the IOMMU's ranges less page 0 and the MSI window.
   *
   * @return ranges in ascending order
   */
  public synchronized List<IovaRange> ranges() {
    return List.copyOf(usable);
  }

  /**
   * The IOMMU's smallest page: IOVAs and sizes of mappings are multiples of it.
   *
   * @return bytes, a power of two
   */
  public long pageSize() {
    return pageSize;
  }

  long roundUp(long size) {
    return (size + pageSize - 1) & -pageSize;
  }

  synchronized long allocate(String device, String owner, long size, long maxAddress) {
    checkPresent("allocate IOVA", device, owner);
    for (IovaRange range : usable) {
      long candidate = range.first();
      long last = Math.min(range.last(), maxAddress);
      while (candidate <= last && size - 1 <= last - candidate) {
        Map.Entry<Long, Taken> below = taken.floorEntry(candidate + size - 1);
        if (below == null || below.getValue().last() < candidate) {
          taken.put(candidate, new Taken(candidate + size - 1, device, owner));
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

  synchronized void reserve(String device, String owner, long iova, long size) {
    String operation = "map IOVA 0x" + Long.toHexString(iova);
    checkPresent(operation, device, owner);
    if (iova % pageSize != 0
        || usable.stream().noneMatch(r -> iova >= r.first() && size - 1 <= r.last() - iova)) {
      throw new DmaException(
          Reason.NOT_MAPPABLE,
          operation,
          device + " for " + owner,
          size + " bytes there are not a page-aligned part of " + usable,
          "use a multiple of " + pageSize + " inside these ranges");
    }
    Map.Entry<Long, Taken> below = taken.floorEntry(iova + size - 1);
    if (below != null && below.getValue().last() >= iova) {
      throw inUse(operation, device, owner, below.getValue());
    }
    taken.put(iova, new Taken(iova + size - 1, device, owner));
  }

  private static DmaException inUse(String operation, String device, String owner, Taken by) {
    String other = by.device().equals(device) ? "" : " of " + by.device();
    return new DmaException(
        Reason.IN_USE,
        operation,
        device + " for " + owner,
        "it is in use by '" + by.owner() + "'" + other,
        "close that buffer first or use another IOVA");
  }

  private void checkPresent(String operation, String device, String owner) {
    if (!absence.isEmpty()) {
      throw new DmaException(
          Reason.NOT_MAPPABLE,
          operation,
          device + " for " + owner,
          absence,
          "use the device behind an IOMMU");
    }
  }

  synchronized void release(long iova) {
    taken.remove(iova);
  }
}
