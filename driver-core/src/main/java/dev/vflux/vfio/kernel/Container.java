package dev.vflux.vfio.kernel;

import dev.vflux.linux.Errno;
import dev.vflux.linux.Fd;
import dev.vflux.linux.Libc;
import dev.vflux.linux.Struct;
import dev.vflux.linux.Vfio;
import dev.vflux.vfio.DmaMapping;
import dev.vflux.vfio.DriverException;
import dev.vflux.vfio.IovaRange;
import dev.vflux.vfio.IovaSpace;
import dev.vflux.vfio.VfioException;
import dev.vflux.vfio.kernel.Ioctls.Answer;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** A VFIO container with the IOMMU driver type1v2 (drivers/vfio/vfio_iommu_type1.c). */
final class Container implements AddressSpace {

  private final Refusals refusals;
  private final Fd fd;
  private final Struct mapStruct = new Struct(Vfio.SIZEOF_VFIO_IOMMU_TYPE1_DMA_MAP);
  private final Struct unmapStruct = new Struct(Vfio.SIZEOF_VFIO_IOMMU_TYPE1_DMA_UNMAP);
  private @Nullable IovaSpace iovas;

  private Container(Refusals refusals, Fd fd) {
    this.refusals = refusals;
    this.fd = fd;
  }

  /** Opens an empty container. */
  static Container open(Refusals refusals, Path node, int iommuType) {
    Fd fd = Fd.open(node.toString(), Libc.O_RDWR);
    if (fd == null) {
      throw refusals.containerNode(node, Libc.errno());
    }
    Container container = null;
    try {
      check(refusals, fd, node, iommuType);
      container = new Container(refusals, fd);
      return container;
    } finally {
      if (container == null) {
        fd.close();
      }
    }
  }

  private static void check(Refusals refusals, Fd fd, Path node, int iommuType) {
    int version = fd.ioctl(Vfio.VFIO_GET_API_VERSION, 0);
    if (version != Vfio.VFIO_API_VERSION) {
      throw new DriverException(
          "VFIO_GET_API_VERSION",
          node.toString(),
          version < 0 ? Errno.name(-version) + " (" + -version + ")" : "version " + version,
          "this library knows version " + Vfio.VFIO_API_VERSION);
    }
    if (fd.ioctl(Vfio.VFIO_CHECK_EXTENSION, iommuType) <= 0) {
      throw refusals.noIommuDriver(node, iommuType);
    }
  }

  Fd fd() {
    return fd;
  }

  /** After a group has joined: chooses the IOMMU driver for the first one, learns the addresses. */
  void joined(int iommuType, String group) {
    if (iovas == null) {
      int result = fd.ioctl(Vfio.VFIO_SET_IOMMU, iommuType);
      if (result < 0) {
        throw refusals.setIommu(group, -result);
      }
    }
    if (iommuType == Vfio.VFIO_NOIOMMU_IOMMU) {
      iovas = IovaSpace.absent("the device stands behind no IOMMU (iommu=noiommu)");
    } else {
      learnRanges(group);
    }
  }

  private void learnRanges(String group) {
    Struct info = info(group);
    List<IovaRange> ranges = InfoDecoder.iovaRanges(info.bytes());
    long pageSize = InfoDecoder.pageSize(info.bytes());
    if (ranges.isEmpty() || pageSize == 0) {
      throw new DriverException(
          "VFIO_IOMMU_GET_INFO",
          group,
          "the kernel does not say which IOVAs it maps",
          "use Linux 5.4 or later");
    }
    IovaSpace known = iovas;
    if (known == null) {
      iovas = new IovaSpace(pageSize, ranges);
    } else {
      known.restrict(ranges);
    }
  }

  private Struct info(String target) {
    Answer answer =
        Ioctls.query(
            fd, Vfio.VFIO_IOMMU_GET_INFO, Vfio.SIZEOF_VFIO_IOMMU_TYPE1_INFO, unusedInfo -> {});
    if (answer.result() < 0) {
      throw new VfioException("VFIO_IOMMU_GET_INFO", target, -answer.result(), "");
    }
    return answer.info();
  }

  @Override
  public IovaSpace iovas() {
    IovaSpace known = iovas;
    if (known == null) {
      throw new IllegalStateException("no group has joined");
    }
    return known;
  }

  @Override
  public OptionalLong mappingsLeft() {
    Answer answer =
        Ioctls.query(
            fd, Vfio.VFIO_IOMMU_GET_INFO, Vfio.SIZEOF_VFIO_IOMMU_TYPE1_INFO, unusedInfo -> {});
    // Without an IOMMU there is no such call.
    return answer.result() < 0
        ? OptionalLong.empty()
        : InfoDecoder.mappingsLeft(answer.info().bytes());
  }

  @Override
  public void map(String device, DmaMapping mapping) {
    int result;
    synchronized (mapStruct) {
      mapStruct.putInt(0, mapStruct.size());
      mapStruct.putInt(
          Vfio.OFFSETOF_VFIO_IOMMU_TYPE1_DMA_MAP_FLAGS,
          Vfio.VFIO_DMA_MAP_FLAG_READ | Vfio.VFIO_DMA_MAP_FLAG_WRITE);
      mapStruct.putLong(Vfio.OFFSETOF_VFIO_IOMMU_TYPE1_DMA_MAP_VADDR, mapping.address());
      mapStruct.putLong(Vfio.OFFSETOF_VFIO_IOMMU_TYPE1_DMA_MAP_IOVA, mapping.iova());
      mapStruct.putLong(Vfio.OFFSETOF_VFIO_IOMMU_TYPE1_DMA_MAP_SIZE, mapping.size());
      result = fd.ioctl(Vfio.VFIO_IOMMU_MAP_DMA, mapStruct);
    }
    if (result < 0) {
      throw refusals.map("VFIO_IOMMU_MAP_DMA", device, mapping, -result);
    }
  }

  @Override
  public void unmap(String device, DmaMapping mapping) {
    int result;
    long unmapped;
    synchronized (unmapStruct) {
      unmapStruct.putInt(0, unmapStruct.size());
      unmapStruct.putLong(Vfio.OFFSETOF_VFIO_IOMMU_TYPE1_DMA_UNMAP_IOVA, mapping.iova());
      unmapStruct.putLong(Vfio.OFFSETOF_VFIO_IOMMU_TYPE1_DMA_UNMAP_SIZE, mapping.size());
      result = fd.ioctl(Vfio.VFIO_IOMMU_UNMAP_DMA, unmapStruct);
      unmapped = unmapStruct.getLong(Vfio.OFFSETOF_VFIO_IOMMU_TYPE1_DMA_UNMAP_SIZE);
    }
    refusals.checkUnmapped("VFIO_IOMMU_UNMAP_DMA", device, mapping, result, unmapped);
  }

  @Override
  public void close() {
    fd.close();
  }
}
