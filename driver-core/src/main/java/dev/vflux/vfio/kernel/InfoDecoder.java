package dev.vflux.vfio.kernel;

import dev.vflux.linux.Iommufd;
import dev.vflux.linux.Vfio;
import dev.vflux.vfio.IovaRange;
import dev.vflux.vfio.IrqIndex;
import dev.vflux.vfio.IrqInfo;
import dev.vflux.vfio.RegionIndex;
import dev.vflux.vfio.RegionInfo;
import dev.vflux.vfio.RegionInfo.Window;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Decodes what the kernel, or a vfio-user server, wrote into an info structure; trusts no offset
 * and no count in it.
 */
public final class InfoDecoder {

  private InfoDecoder() {}

  public static RegionInfo region(RegionIndex index, ByteBuffer info, long pageSize) {
    int bits = info.getInt(Vfio.OFFSETOF_VFIO_REGION_INFO_FLAGS);
    long size = Math.max(0, info.getLong(Vfio.OFFSETOF_VFIO_REGION_INFO_SIZE));
    Set<RegionInfo.Flag> flags = EnumSet.noneOf(RegionInfo.Flag.class);
    add(flags, RegionInfo.Flag.READ, bits & Vfio.VFIO_REGION_INFO_FLAG_READ);
    add(flags, RegionInfo.Flag.WRITE, bits & Vfio.VFIO_REGION_INFO_FLAG_WRITE);
    add(flags, RegionInfo.Flag.MMAP, bits & Vfio.VFIO_REGION_INFO_FLAG_MMAP);
    return new RegionInfo(index, size, flags, windows(info, bits, size, pageSize));
  }

  private static <T> void add(Set<T> flags, T flag, int bit) {
    if (bit != 0) {
      flags.add(flag);
    }
  }

  private static List<Window> windows(ByteBuffer info, int bits, long size, long pageSize) {
    if ((bits & Vfio.VFIO_REGION_INFO_FLAG_MMAP) == 0 || size == 0) {
      return List.of();
    }
    boolean chained = (bits & Vfio.VFIO_REGION_INFO_FLAG_CAPS) != 0;
    int first = info.getInt(Vfio.OFFSETOF_VFIO_REGION_INFO_CAP_OFFSET);
    if (chained && first == 0) {
      // A chain that could not be had may hold a list of windows: map nothing.
      return List.of();
    }
    Optional<ByteBuffer> sparse =
        chained ? find(info, first, Vfio.VFIO_REGION_INFO_CAP_SPARSE_MMAP) : Optional.empty();
    return sparse.isEmpty()
        ? List.of(new Window(0, size))
        : sparseWindows(sparse.get(), size, pageSize);
  }

  private static List<Window> sparseWindows(ByteBuffer sparse, long size, long pageSize) {
    List<Window> windows = new ArrayList<>();
    for (ByteBuffer area :
        entries(
            sparse,
            Vfio.OFFSETOF_VFIO_REGION_INFO_CAP_SPARSE_MMAP_NR_AREAS,
            Vfio.SIZEOF_VFIO_REGION_INFO_CAP_SPARSE_MMAP,
            Vfio.SIZEOF_VFIO_REGION_SPARSE_MMAP_AREA)) {
      long offset = area.getLong(0);
      long length = area.getLong(Vfio.OFFSETOF_VFIO_REGION_SPARSE_MMAP_AREA_SIZE);
      boolean inside = offset >= 0 && length > 0 && offset < size && length <= size - offset;
      if (inside && offset % pageSize == 0) {
        windows.add(new Window(offset, length));
      }
    }
    return windows;
  }

  public static IrqInfo irq(IrqIndex index, ByteBuffer info) {
    int bits = info.getInt(Vfio.OFFSETOF_VFIO_IRQ_INFO_FLAGS);
    Set<IrqInfo.Flag> flags = EnumSet.noneOf(IrqInfo.Flag.class);
    add(flags, IrqInfo.Flag.EVENTFD, bits & Vfio.VFIO_IRQ_INFO_EVENTFD);
    add(flags, IrqInfo.Flag.MASKABLE, bits & Vfio.VFIO_IRQ_INFO_MASKABLE);
    add(flags, IrqInfo.Flag.AUTOMASKED, bits & Vfio.VFIO_IRQ_INFO_AUTOMASKED);
    add(flags, IrqInfo.Flag.NORESIZE, bits & Vfio.VFIO_IRQ_INFO_NORESIZE);
    return new IrqInfo(index, Math.max(0, info.getInt(Vfio.OFFSETOF_VFIO_IRQ_INFO_COUNT)), flags);
  }

  /** The ranges of a type1 container; empty when the kernel does not tell (before Linux 5.4). */
  static List<IovaRange> iovaRanges(ByteBuffer info) {
    return type1Capability(info, Vfio.VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE)
        .map(
            capability ->
                ranges(
                    entries(
                        capability,
                        Vfio.OFFSETOF_VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE_NR_IOVAS,
                        Vfio.SIZEOF_VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE,
                        Vfio.SIZEOF_VFIO_IOVA_RANGE)))
        .orElse(List.of());
  }

  /** The ranges of an array of {@code struct iommu_iova_range}. */
  static List<IovaRange> iovaRanges(ByteBuffer array, int count) {
    return ranges(slices(array, 0, count, Iommufd.SIZEOF_IOMMU_IOVA_RANGE));
  }

  // Addresses are unsigned; those from 2^63 on are left out.
  private static List<IovaRange> ranges(List<ByteBuffer> entries) {
    List<IovaRange> ranges = new ArrayList<>();
    for (ByteBuffer entry : entries) {
      long first = entry.getLong(0);
      long last = entry.getLong(Vfio.OFFSETOF_VFIO_IOVA_RANGE_END);
      if (first >= 0 && Long.compareUnsigned(last, first) >= 0) {
        ranges.add(new IovaRange(first, last < 0 ? Long.MAX_VALUE : last));
      }
    }
    return ranges;
  }

  static OptionalLong mappingsLeft(ByteBuffer info) {
    return type1Capability(info, Vfio.VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL)
        .filter(capability -> capability.limit() >= Vfio.SIZEOF_VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL)
        .map(
            capability ->
                OptionalLong.of(
                    Integer.toUnsignedLong(
                        capability.getInt(Vfio.OFFSETOF_VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL_AVAIL))))
        .orElse(OptionalLong.empty());
  }

  /** The smallest page of a type1 container; 0 when the kernel does not tell. */
  static long pageSize(ByteBuffer info) {
    int flags = info.getInt(Vfio.OFFSETOF_VFIO_IOMMU_TYPE1_INFO_FLAGS);
    return (flags & Vfio.VFIO_IOMMU_INFO_PGSIZES) == 0
        ? 0
        : Long.lowestOneBit(info.getLong(Vfio.OFFSETOF_VFIO_IOMMU_TYPE1_INFO_IOVA_PGSIZES));
  }

  private static Optional<ByteBuffer> type1Capability(ByteBuffer info, int id) {
    int flags = info.getInt(Vfio.OFFSETOF_VFIO_IOMMU_TYPE1_INFO_FLAGS);
    return (flags & Vfio.VFIO_IOMMU_INFO_CAPS) == 0
        ? Optional.empty()
        : find(info, info.getInt(Vfio.OFFSETOF_VFIO_IOMMU_TYPE1_INFO_CAP_OFFSET), id);
  }

  /** The addresses of the functions in a hot reset's list. */
  static List<String> affected(ByteBuffer info) {
    return entries(
            info,
            Vfio.OFFSETOF_VFIO_PCI_HOT_RESET_INFO_COUNT,
            Vfio.SIZEOF_VFIO_PCI_HOT_RESET_INFO,
            Vfio.SIZEOF_VFIO_PCI_DEPENDENT_DEVICE)
        .stream()
        .map(InfoDecoder::address)
        .toList();
  }

  private static String address(ByteBuffer device) {
    int devfn = device.get(Vfio.OFFSETOF_VFIO_PCI_DEPENDENT_DEVICE_DEVFN) & 0xff;
    return String.format(
        "%04x:%02x:%02x.%d",
        device.getShort(Vfio.OFFSETOF_VFIO_PCI_DEPENDENT_DEVICE_SEGMENT) & 0xffff,
        device.get(Vfio.OFFSETOF_VFIO_PCI_DEPENDENT_DEVICE_BUS) & 0xff,
        devfn >>> 3,
        devfn & 7);
  }

  /** A capability of a chain, from its header to the end of the structure. */
  static Optional<ByteBuffer> find(ByteBuffer info, int first, int id) {
    Set<Integer> seen = new HashSet<>();
    int at = first;
    while (at > 0 && at <= info.limit() - Vfio.SIZEOF_VFIO_INFO_CAP_HEADER && seen.add(at)) {
      ByteBuffer capability = info.slice(at, info.limit() - at).order(info.order());
      if ((capability.getShort(0) & 0xffff) == id) {
        return Optional.of(capability);
      }
      at = capability.getInt(Vfio.OFFSETOF_VFIO_INFO_CAP_HEADER_NEXT);
    }
    return Optional.empty();
  }

  private static List<ByteBuffer> entries(
      ByteBuffer structure, int countOffset, int firstOffset, int size) {
    return structure.limit() < firstOffset
        ? List.of()
        : slices(structure, firstOffset, structure.getInt(countOffset), size);
  }

  private static List<ByteBuffer> slices(ByteBuffer structure, int first, int count, int size) {
    List<ByteBuffer> slices = new ArrayList<>();
    int fitting = Math.min(Math.max(0, count), (structure.limit() - first) / size);
    for (int i = 0; i < fitting; i++) {
      slices.add(structure.slice(first + i * size, size).order(structure.order()));
    }
    return slices;
  }
}
