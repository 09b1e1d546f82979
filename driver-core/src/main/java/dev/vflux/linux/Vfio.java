package dev.vflux.linux;

/**
 * Numbers of include/uapi/linux/vfio.h under their C names. {@code SIZEOF_} and {@code OFFSETOF_}
 * names stand for the C operators; flexible arrays are not counted in a size.
 */
public final class Vfio {

  // on a container
  public static final int VFIO_API_VERSION = 0;
  public static final int VFIO_GET_API_VERSION = 0x3b64;
  public static final int VFIO_CHECK_EXTENSION = 0x3b65;
  public static final int VFIO_SET_IOMMU = 0x3b66;
  public static final int VFIO_TYPE1v2_IOMMU = 3;
  public static final int VFIO_NOIOMMU_IOMMU = 8;

  // on a group
  public static final int VFIO_GROUP_GET_STATUS = 0x3b67;
  public static final int VFIO_GROUP_SET_CONTAINER = 0x3b68;
  public static final int VFIO_GROUP_GET_DEVICE_FD = 0x3b6a;
  public static final int VFIO_GROUP_FLAGS_VIABLE = 1;
  public static final int SIZEOF_VFIO_GROUP_STATUS = 8;

  // on a device
  public static final int VFIO_DEVICE_GET_INFO = 0x3b6b;
  public static final int VFIO_DEVICE_FLAGS_RESET = 1;
  public static final int VFIO_DEVICE_FLAGS_PCI = 2;
  public static final int OFFSETOF_VFIO_DEVICE_INFO_FLAGS = 4;
  public static final int OFFSETOF_VFIO_DEVICE_INFO_NUM_REGIONS = 8;
  public static final int OFFSETOF_VFIO_DEVICE_INFO_NUM_IRQS = 12;
  public static final int OFFSETOF_VFIO_DEVICE_INFO_CAP_OFFSET = 16;

  public static final int VFIO_DEVICE_GET_REGION_INFO = 0x3b6c;
  public static final int VFIO_REGION_INFO_FLAG_READ = 1;
  public static final int VFIO_REGION_INFO_FLAG_WRITE = 2;
  public static final int VFIO_REGION_INFO_FLAG_MMAP = 4;
  public static final int VFIO_REGION_INFO_FLAG_CAPS = 8;
  public static final int VFIO_REGION_INFO_CAP_SPARSE_MMAP = 1;
  public static final int SIZEOF_VFIO_REGION_INFO = 32;
  public static final int OFFSETOF_VFIO_REGION_INFO_FLAGS = 4;
  public static final int OFFSETOF_VFIO_REGION_INFO_INDEX = 8;
  public static final int OFFSETOF_VFIO_REGION_INFO_CAP_OFFSET = 12;
  public static final int OFFSETOF_VFIO_REGION_INFO_SIZE = 16;
  public static final int OFFSETOF_VFIO_REGION_INFO_OFFSET = 24;
  public static final int SIZEOF_VFIO_REGION_INFO_CAP_SPARSE_MMAP = 16;
  public static final int OFFSETOF_VFIO_REGION_INFO_CAP_SPARSE_MMAP_NR_AREAS = 8;
  public static final int SIZEOF_VFIO_REGION_SPARSE_MMAP_AREA = 16;
  public static final int OFFSETOF_VFIO_REGION_SPARSE_MMAP_AREA_SIZE = 8;

  public static final int SIZEOF_VFIO_INFO_CAP_HEADER = 8;
  public static final int OFFSETOF_VFIO_INFO_CAP_HEADER_NEXT = 4;

  public static final int VFIO_DEVICE_GET_IRQ_INFO = 0x3b6d;
  public static final int VFIO_IRQ_INFO_EVENTFD = 1;
  public static final int VFIO_IRQ_INFO_MASKABLE = 2;
  public static final int VFIO_IRQ_INFO_AUTOMASKED = 4;
  public static final int VFIO_IRQ_INFO_NORESIZE = 8;
  public static final int SIZEOF_VFIO_IRQ_INFO = 16;
  public static final int OFFSETOF_VFIO_IRQ_INFO_FLAGS = 4;
  public static final int OFFSETOF_VFIO_IRQ_INFO_INDEX = 8;
  public static final int OFFSETOF_VFIO_IRQ_INFO_COUNT = 12;

  public static final int VFIO_DEVICE_SET_IRQS = 0x3b6e;
  public static final int VFIO_IRQ_SET_DATA_NONE = 1;
  public static final int VFIO_IRQ_SET_DATA_BOOL = 2;
  public static final int VFIO_IRQ_SET_DATA_EVENTFD = 4;
  public static final int VFIO_IRQ_SET_ACTION_MASK = 8;
  public static final int VFIO_IRQ_SET_ACTION_UNMASK = 16;
  public static final int VFIO_IRQ_SET_ACTION_TRIGGER = 32;
  public static final int SIZEOF_VFIO_IRQ_SET = 20;
  public static final int OFFSETOF_VFIO_IRQ_SET_FLAGS = 4;
  public static final int OFFSETOF_VFIO_IRQ_SET_INDEX = 8;
  public static final int OFFSETOF_VFIO_IRQ_SET_START = 12;
  public static final int OFFSETOF_VFIO_IRQ_SET_COUNT = 16;

  public static final int VFIO_DEVICE_RESET = 0x3b6f;
  public static final int VFIO_DEVICE_GET_PCI_HOT_RESET_INFO = 0x3b70;
  public static final int SIZEOF_VFIO_PCI_HOT_RESET_INFO = 12;
  public static final int OFFSETOF_VFIO_PCI_HOT_RESET_INFO_COUNT = 8;
  public static final int SIZEOF_VFIO_PCI_DEPENDENT_DEVICE = 8;
  public static final int OFFSETOF_VFIO_PCI_DEPENDENT_DEVICE_SEGMENT = 4;
  public static final int OFFSETOF_VFIO_PCI_DEPENDENT_DEVICE_BUS = 6;
  public static final int OFFSETOF_VFIO_PCI_DEPENDENT_DEVICE_DEVFN = 7;

  // on a container with an IOMMU
  public static final int VFIO_IOMMU_GET_INFO = 0x3b70;
  public static final int VFIO_IOMMU_INFO_PGSIZES = 1;
  public static final int VFIO_IOMMU_INFO_CAPS = 2;
  public static final int VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE = 1;
  public static final int VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL = 3;
  public static final int SIZEOF_VFIO_IOMMU_TYPE1_INFO = 24;
  public static final int OFFSETOF_VFIO_IOMMU_TYPE1_INFO_FLAGS = 4;
  public static final int OFFSETOF_VFIO_IOMMU_TYPE1_INFO_IOVA_PGSIZES = 8;
  public static final int OFFSETOF_VFIO_IOMMU_TYPE1_INFO_CAP_OFFSET = 16;
  public static final int SIZEOF_VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE = 16;
  public static final int OFFSETOF_VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE_NR_IOVAS = 8;
  public static final int SIZEOF_VFIO_IOVA_RANGE = 16;
  public static final int OFFSETOF_VFIO_IOVA_RANGE_END = 8;
  public static final int SIZEOF_VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL = 12;
  public static final int OFFSETOF_VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL_AVAIL = 8;

  public static final int VFIO_IOMMU_MAP_DMA = 0x3b71;
  public static final int VFIO_DMA_MAP_FLAG_READ = 1;
  public static final int VFIO_DMA_MAP_FLAG_WRITE = 2;
  public static final int SIZEOF_VFIO_IOMMU_TYPE1_DMA_MAP = 32;
  public static final int OFFSETOF_VFIO_IOMMU_TYPE1_DMA_MAP_FLAGS = 4;
  public static final int OFFSETOF_VFIO_IOMMU_TYPE1_DMA_MAP_VADDR = 8;
  public static final int OFFSETOF_VFIO_IOMMU_TYPE1_DMA_MAP_IOVA = 16;
  public static final int OFFSETOF_VFIO_IOMMU_TYPE1_DMA_MAP_SIZE = 24;

  public static final int VFIO_IOMMU_UNMAP_DMA = 0x3b72;
  public static final int SIZEOF_VFIO_IOMMU_TYPE1_DMA_UNMAP = 24;
  public static final int OFFSETOF_VFIO_IOMMU_TYPE1_DMA_UNMAP_IOVA = 8;
  public static final int OFFSETOF_VFIO_IOMMU_TYPE1_DMA_UNMAP_SIZE = 16;

  private Vfio() {}
}
