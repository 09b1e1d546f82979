package dev.vflux.linux;

/**
 * Numbers of include/uapi/linux/iommufd.h, and those of vfio.h for the VFIO character devices
 * (Linux 6.6 and later), under their C names; see {@link Vfio}. Later kernels add fields to some of
 * the structures; the kernel takes the shorter ones as well.
 */
public final class Iommufd {

  // on a device's own character device
  public static final int VFIO_DEVICE_BIND_IOMMUFD = 0x3b76;
  public static final int OFFSETOF_VFIO_DEVICE_BIND_IOMMUFD_IOMMUFD = 8;
  public static final int OFFSETOF_VFIO_DEVICE_BIND_IOMMUFD_OUT_DEVID = 12;
  public static final int VFIO_DEVICE_ATTACH_IOMMUFD_PT = 0x3b77;
  public static final int OFFSETOF_VFIO_DEVICE_ATTACH_IOMMUFD_PT_PT_ID = 8;

  // on /dev/iommu
  public static final int IOMMU_IOAS_ALLOC = 0x3b81;
  public static final int SIZEOF_IOMMU_IOAS_ALLOC = 12;
  public static final int OFFSETOF_IOMMU_IOAS_ALLOC_OUT_IOAS_ID = 8;

  public static final int IOMMU_IOAS_IOVA_RANGES = 0x3b84;
  public static final int SIZEOF_IOMMU_IOAS_IOVA_RANGES = 32;
  public static final int OFFSETOF_IOMMU_IOAS_IOVA_RANGES_IOAS_ID = 4;
  public static final int OFFSETOF_IOMMU_IOAS_IOVA_RANGES_NUM_IOVAS = 8;
  public static final int OFFSETOF_IOMMU_IOAS_IOVA_RANGES_ALLOWED_IOVAS = 16;
  public static final int OFFSETOF_IOMMU_IOAS_IOVA_RANGES_OUT_IOVA_ALIGNMENT = 24;
  public static final int SIZEOF_IOMMU_IOVA_RANGE = 16;
  public static final int OFFSETOF_IOMMU_IOVA_RANGE_LAST = 8;

  public static final int IOMMU_IOAS_MAP = 0x3b85;
  public static final int IOMMU_IOAS_MAP_FIXED_IOVA = 1;
  public static final int IOMMU_IOAS_MAP_WRITEABLE = 2;
  public static final int IOMMU_IOAS_MAP_READABLE = 4;
  public static final int SIZEOF_IOMMU_IOAS_MAP = 40;
  public static final int OFFSETOF_IOMMU_IOAS_MAP_FLAGS = 4;
  public static final int OFFSETOF_IOMMU_IOAS_MAP_IOAS_ID = 8;
  public static final int OFFSETOF_IOMMU_IOAS_MAP_USER_VA = 16;
  public static final int OFFSETOF_IOMMU_IOAS_MAP_LENGTH = 24;
  public static final int OFFSETOF_IOMMU_IOAS_MAP_IOVA = 32;

  public static final int IOMMU_IOAS_UNMAP = 0x3b86;
  public static final int SIZEOF_IOMMU_IOAS_UNMAP = 24;
  public static final int OFFSETOF_IOMMU_IOAS_UNMAP_IOAS_ID = 4;
  public static final int OFFSETOF_IOMMU_IOAS_UNMAP_IOVA = 8;
  public static final int OFFSETOF_IOMMU_IOAS_UNMAP_LENGTH = 16;

  private Iommufd() {}
}
