package dev.vflux.vfio.kernel;

import dev.vflux.linux.Errno;
import dev.vflux.linux.Fd;
import dev.vflux.linux.Iommufd;
import dev.vflux.linux.Libc;
import dev.vflux.linux.Struct;
import dev.vflux.pci.IommuGroup;
import dev.vflux.vfio.DmaMapping;
import dev.vflux.vfio.IovaRange;
import dev.vflux.vfio.IovaSpace;
import dev.vflux.vfio.VfioException;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** One I/O address space of an iommufd (drivers/iommu/iommufd/ioas.c). */
final class Ioas implements AddressSpace {

  // up to the last field used here
  private static final int BIND_SIZE =
      Iommufd.OFFSETOF_VFIO_DEVICE_BIND_IOMMUFD_OUT_DEVID + Integer.BYTES;
  private static final int ATTACH_SIZE =
      Iommufd.OFFSETOF_VFIO_DEVICE_ATTACH_IOMMUFD_PT_PT_ID + Integer.BYTES;
  private static final int FIRST_ROOM = 16;
  private static final int MOST_RANGES = 1 << 12;

  private final Refusals refusals;
  private final Fd fd;
  private final int id;
  private final Struct mapStruct = new Struct(Iommufd.SIZEOF_IOMMU_IOAS_MAP);
  private final Struct unmapStruct = new Struct(Iommufd.SIZEOF_IOMMU_IOAS_UNMAP);
  private @Nullable IovaSpace iovas;

  private Ioas(Refusals refusals, Fd fd, int id) {
    this.refusals = refusals;
    this.fd = fd;
    this.id = id;
  }

  static Ioas open(Refusals refusals, Path node) {
    Fd fd = Fd.open(node.toString(), Libc.O_RDWR);
    if (fd == null) {
      throw refusals.iommuNode(node, Libc.errno());
    }
    Struct alloc = new Struct(Iommufd.SIZEOF_IOMMU_IOAS_ALLOC);
    alloc.putInt(0, alloc.size());
    int result = fd.ioctl(Iommufd.IOMMU_IOAS_ALLOC, alloc);
    if (result < 0) {
      fd.close();
      throw new VfioException("IOMMU_IOAS_ALLOC", node.toString(), -result, "");
    }
    return new Ioas(refusals, fd, alloc.getInt(Iommufd.OFFSETOF_IOMMU_IOAS_ALLOC_OUT_IOAS_ID));
  }

  /** Binds an open VFIO character device to this iommufd and attaches it to this address space. */
  void attach(String device, IommuGroup group, Path node, Fd cdev) {
    Struct bind = new Struct(BIND_SIZE);
    bind.putInt(0, bind.size());
    bind.putInt(Iommufd.OFFSETOF_VFIO_DEVICE_BIND_IOMMUFD_IOMMUFD, fd.number());
    int bound = cdev.ioctl(Iommufd.VFIO_DEVICE_BIND_IOMMUFD, bind);
    if (bound < 0) {
      throw refusals.bind(device, group, node, -bound);
    }
    Struct attach = new Struct(ATTACH_SIZE);
    attach.putInt(0, attach.size());
    attach.putInt(Iommufd.OFFSETOF_VFIO_DEVICE_ATTACH_IOMMUFD_PT_PT_ID, id);
    int attached = cdev.ioctl(Iommufd.VFIO_DEVICE_ATTACH_IOMMUFD_PT, attach);
    if (attached < 0) {
      throw new VfioException(
          "VFIO_DEVICE_ATTACH_IOMMUFD_PT",
          device,
          -attached,
          attached == -Errno.EINVAL.number()
              ? "its reserved addresses clash with what is mapped: use a container of its own"
              : "");
    }
    learnRanges(device);
  }

  private void learnRanges(String device) {
    int room = FIRST_ROOM;
    while (true) {
      Struct array = new Struct(room * Iommufd.SIZEOF_IOMMU_IOVA_RANGE);
      Struct query = new Struct(Iommufd.SIZEOF_IOMMU_IOAS_IOVA_RANGES);
      query.putInt(0, query.size());
      query.putInt(Iommufd.OFFSETOF_IOMMU_IOAS_IOVA_RANGES_IOAS_ID, id);
      query.putInt(Iommufd.OFFSETOF_IOMMU_IOAS_IOVA_RANGES_NUM_IOVAS, room);
      query.putLong(Iommufd.OFFSETOF_IOMMU_IOAS_IOVA_RANGES_ALLOWED_IOVAS, array.address());
      int result = fd.ioctl(Iommufd.IOMMU_IOAS_IOVA_RANGES, query, array);
      int count = query.getInt(Iommufd.OFFSETOF_IOMMU_IOAS_IOVA_RANGES_NUM_IOVAS);
      if (result >= 0) {
        long alignment = query.getLong(Iommufd.OFFSETOF_IOMMU_IOAS_IOVA_RANGES_OUT_IOVA_ALIGNMENT);
        learned(InfoDecoder.iovaRanges(array.bytes(), count), alignment);
        return;
      }
      if (result != -Errno.EMSGSIZE.number() || count <= room || count > MOST_RANGES) {
        throw new VfioException("IOMMU_IOAS_IOVA_RANGES", device, -result, "");
      }
      room = count;
    }
  }

  // Memory of this process comes in whole pages, however fine the IOMMU could map.
  private void learned(List<IovaRange> ranges, long alignment) {
    IovaSpace known = iovas;
    if (known == null) {
      iovas = new IovaSpace(Math.max(alignment, Libc.getpagesize()), ranges);
    } else {
      known.restrict(ranges);
    }
  }

  @Override
  public IovaSpace iovas() {
    IovaSpace known = iovas;
    if (known == null) {
      throw new IllegalStateException("no device is attached");
    }
    return known;
  }

  @Override
  public OptionalLong mappingsLeft() {
    return OptionalLong.empty();
  }

  @Override
  public void map(String device, DmaMapping mapping) {
    int result;
    synchronized (mapStruct) {
      mapStruct.putInt(0, mapStruct.size());
      mapStruct.putInt(
          Iommufd.OFFSETOF_IOMMU_IOAS_MAP_FLAGS,
          Iommufd.IOMMU_IOAS_MAP_FIXED_IOVA
              | Iommufd.IOMMU_IOAS_MAP_READABLE
              | Iommufd.IOMMU_IOAS_MAP_WRITEABLE);
      mapStruct.putInt(Iommufd.OFFSETOF_IOMMU_IOAS_MAP_IOAS_ID, id);
      mapStruct.putLong(Iommufd.OFFSETOF_IOMMU_IOAS_MAP_USER_VA, mapping.address());
      mapStruct.putLong(Iommufd.OFFSETOF_IOMMU_IOAS_MAP_LENGTH, mapping.size());
      mapStruct.putLong(Iommufd.OFFSETOF_IOMMU_IOAS_MAP_IOVA, mapping.iova());
      result = fd.ioctl(Iommufd.IOMMU_IOAS_MAP, mapStruct);
    }
    if (result < 0) {
      throw refusals.map("IOMMU_IOAS_MAP", device, mapping, -result);
    }
  }

  @Override
  public void unmap(String device, DmaMapping mapping) {
    int result;
    long unmapped;
    synchronized (unmapStruct) {
      unmapStruct.putInt(0, unmapStruct.size());
      unmapStruct.putInt(Iommufd.OFFSETOF_IOMMU_IOAS_UNMAP_IOAS_ID, id);
      unmapStruct.putLong(Iommufd.OFFSETOF_IOMMU_IOAS_UNMAP_IOVA, mapping.iova());
      unmapStruct.putLong(Iommufd.OFFSETOF_IOMMU_IOAS_UNMAP_LENGTH, mapping.size());
      result = fd.ioctl(Iommufd.IOMMU_IOAS_UNMAP, unmapStruct);
      unmapped = unmapStruct.getLong(Iommufd.OFFSETOF_IOMMU_IOAS_UNMAP_LENGTH);
    }
    refusals.checkUnmapped("IOMMU_IOAS_UNMAP", device, mapping, result, unmapped);
  }

  @Override
  public void close() {
    fd.close();
  }
}
