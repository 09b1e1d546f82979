package dev.vflux.vfio;

import java.util.List;
import java.util.Set;

/**
 * What a device says of one region (struct vfio_region_info).
 *
 * @param index which region
 * @param size its size in bytes; 0 when the device does not have it
 * @param flags what may be done with it
 * @param windows the parts that can be mapped (VFIO_REGION_INFO_CAP_SPARSE_MMAP); one window over
 *     everything when {@link Flag#MMAP} is set without that capability; empty when nothing is
 *     mappable
 */
public record RegionInfo(RegionIndex index, long size, Set<Flag> flags, List<Window> windows) {

  /** VFIO_REGION_INFO_FLAG_* of include/uapi/linux/vfio.h. */
  public enum Flag {
    /** VFIO_REGION_INFO_FLAG_READ. */
    READ,
    /** VFIO_REGION_INFO_FLAG_WRITE. */
    WRITE,
    /** VFIO_REGION_INFO_FLAG_MMAP. */
    MMAP
  }

  /**
   * A mappable part of a region.
   *
   * @param offset byte offset into the region
   * @param size bytes
   */
  public record Window(long offset, long size) {}

  /**
   * Creates the description.
   *
   * @param index which region
   * @param size its size in bytes
   * @param flags what may be done with it; copied
   * @param windows its mappable parts; copied
   */
  public RegionInfo {
    flags = Set.copyOf(flags);
    windows = List.copyOf(windows);
  }

  /**
   * Whether the device has this region.
   *
   * @return true when the size is not 0
   */
  public boolean present() {
    return size != 0;
  }
}
