package dev.vflux.vfio.kernel;

import dev.vflux.linux.Errno;
import dev.vflux.linux.Fd;
import dev.vflux.linux.Libc;
import dev.vflux.linux.Mapping;
import dev.vflux.linux.Struct;
import dev.vflux.linux.Vfio;
import dev.vflux.vfio.DriverException;
import dev.vflux.vfio.IrqIndex;
import dev.vflux.vfio.IrqInfo;
import dev.vflux.vfio.RegionIndex;
import dev.vflux.vfio.RegionInfo;
import dev.vflux.vfio.RegionInfo.Window;
import dev.vflux.vfio.ResetOutcome;
import dev.vflux.vfio.VfioException;
import dev.vflux.vfio.kernel.Ioctls.Answer;
import dev.vflux.vfio.kernel.KernelRegisterBlock.MappedWindow;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What vfio-pci answers on a device's file descriptor, however that was obtained. Any thread. */
final class DeviceFd implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(DeviceFd.class);

  /** A ByteBuffer cannot be larger; what lies beyond is accessed by pread and pwrite. */
  private static final long LARGEST_WINDOW = 1L << 30;

  private final String name;
  private final Fd fd;
  private final int flags;
  private final List<RegionInfo> regions = new ArrayList<>();
  private final Map<RegionIndex, Long> fileOffsets = new EnumMap<>(RegionIndex.class);
  private final List<IrqInfo> irqs = new ArrayList<>();
  private final Presence presence;

  /** Takes over the descriptor, and closes it when the device does not answer as it should. */
  static DeviceFd of(String name, Fd fd) {
    DeviceFd device = null;
    try {
      device = new DeviceFd(name, fd);
      return device;
    } finally {
      if (device == null) {
        fd.close();
      }
    }
  }

  private DeviceFd(String name, Fd fd) {
    this.name = name;
    this.fd = fd;
    Struct info = ask(Vfio.VFIO_DEVICE_GET_INFO, "VFIO_DEVICE_GET_INFO");
    this.flags = info.getInt(Vfio.OFFSETOF_VFIO_DEVICE_INFO_FLAGS);
    if ((flags & Vfio.VFIO_DEVICE_FLAGS_PCI) == 0) {
      throw new DriverException("open", name, "it is no PCI device for VFIO", "");
    }
    readRegions(info.getInt(Vfio.OFFSETOF_VFIO_DEVICE_INFO_NUM_REGIONS));
    readIrqs(info.getInt(Vfio.OFFSETOF_VFIO_DEVICE_INFO_NUM_IRQS));
    this.presence = new Presence(name, fd, fileOffsets.getOrDefault(RegionIndex.CONFIG, 0L));
  }

  private Struct ask(int request, String operation) {
    Struct info = new Struct(Vfio.OFFSETOF_VFIO_DEVICE_INFO_CAP_OFFSET);
    info.putInt(0, info.size());
    int result = fd.ioctl(request, info);
    if (result < 0) {
      throw new VfioException(operation, name, -result, "");
    }
    return info;
  }

  private void readRegions(int count) {
    for (RegionIndex index : RegionIndex.values()) {
      if (index.number() >= count) {
        regions.add(absent(index));
        continue;
      }
      Answer answer =
          Ioctls.query(
              fd,
              Vfio.VFIO_DEVICE_GET_REGION_INFO,
              Vfio.SIZEOF_VFIO_REGION_INFO,
              info -> info.putInt(Vfio.OFFSETOF_VFIO_REGION_INFO_INDEX, index.number()));
      if (answer.result() < 0 && answer.result() != -Errno.EINVAL.number()) {
        throw new VfioException(
            "VFIO_DEVICE_GET_REGION_INFO", name + " " + index, -answer.result(), "");
      }
      // A region the device cannot have, VGA for instance, answers EINVAL.
      regions.add(answer.result() < 0 ? absent(index) : region(index, answer.info()));
    }
  }

  private RegionInfo region(RegionIndex index, Struct info) {
    fileOffsets.put(index, info.getLong(Vfio.OFFSETOF_VFIO_REGION_INFO_OFFSET));
    return InfoDecoder.region(index, info.bytes(), Libc.getpagesize());
  }

  private static RegionInfo absent(RegionIndex index) {
    return new RegionInfo(index, 0, Set.of(), List.of());
  }

  private void readIrqs(int count) {
    for (IrqIndex index : IrqIndex.values()) {
      if (index.number() >= count) {
        continue;
      }
      Struct info = new Struct(Vfio.SIZEOF_VFIO_IRQ_INFO);
      info.putInt(0, info.size());
      info.putInt(Vfio.OFFSETOF_VFIO_IRQ_INFO_INDEX, index.number());
      int result = fd.ioctl(Vfio.VFIO_DEVICE_GET_IRQ_INFO, info);
      if (result >= 0) {
        irqs.add(InfoDecoder.irq(index, info.bytes()));
      } else if (result != -Errno.EINVAL.number()) {
        throw new VfioException("VFIO_DEVICE_GET_IRQ_INFO", name + " " + index, -result, "");
      }
      // An index the device cannot have, ERR without PCI Express for instance, answers EINVAL.
    }
  }

  DeviceIrqs interrupts() {
    return new DeviceIrqs(name, fd, presence);
  }

  Presence presence() {
    return presence;
  }

  boolean resettable() {
    return (flags & Vfio.VFIO_DEVICE_FLAGS_RESET) != 0;
  }

  List<RegionInfo> regions() {
    return regions;
  }

  List<IrqInfo> irqs() {
    return irqs;
  }

  KernelRegisterBlock registers(RegionInfo region) {
    long fileOffset = fileOffsets.getOrDefault(region.index(), 0L);
    List<MappedWindow> windows = new ArrayList<>();
    for (Window window : region.windows()) {
      map(region, fileOffset, window, windows);
    }
    return new KernelRegisterBlock(
        name + " " + region.index(), region, fd, fileOffset, windows, presence);
  }

  private void map(RegionInfo region, long fileOffset, Window window, List<MappedWindow> windows) {
    int protection =
        (region.flags().contains(RegionInfo.Flag.READ) ? Libc.PROT_READ : 0)
            | (region.flags().contains(RegionInfo.Flag.WRITE) ? Libc.PROT_WRITE : 0);
    if (protection == 0) {
      return;
    }
    long length = Math.min(window.size(), LARGEST_WINDOW);
    Mapping mapping = Mapping.shared(fd, fileOffset + window.offset(), length, protection);
    if (mapping == null) {
      LOG.debug(
          "{} {}: mmap of 0x{} bytes refused: {}",
          name,
          region.index(),
          Long.toHexString(length),
          Errno.name(Libc.errno()));
      return;
    }
    windows.add(new MappedWindow(window.offset(), mapping, length));
  }

  ResetOutcome reset() {
    if (!resettable()) {
      return withoutFunctionReset();
    }
    int result = fd.ioctl(Vfio.VFIO_DEVICE_RESET, 0);
    if (result < 0) {
      presence.check("VFIO_DEVICE_RESET", -result);
      throw new VfioException(
          "VFIO_DEVICE_RESET",
          name,
          -result,
          result == -Errno.EAGAIN.number() ? "the kernel holds its lock: try again" : "");
    }
    return ResetOutcome.DONE;
  }

  private ResetOutcome withoutFunctionReset() {
    Answer answer = hotResetInfo(Vfio.SIZEOF_VFIO_PCI_HOT_RESET_INFO);
    if (answer.result() == -Errno.ENOSPC.number()) {
      int count = answer.info().getInt(Vfio.OFFSETOF_VFIO_PCI_HOT_RESET_INFO_COUNT);
      // 65536 functions is a whole PCI segment
      int room = Math.min(Math.max(0, count), 1 << 16) * Vfio.SIZEOF_VFIO_PCI_DEPENDENT_DEVICE;
      answer = hotResetInfo(Vfio.SIZEOF_VFIO_PCI_HOT_RESET_INFO + room);
    }
    // Neither the slot nor the bus can be reset, a root bus for instance.
    if (answer.result() == -Errno.ENODEV.number()) {
      return ResetOutcome.NOT_SUPPORTED;
    }
    if (answer.result() < 0) {
      throw new VfioException("VFIO_DEVICE_GET_PCI_HOT_RESET_INFO", name, -answer.result(), "");
    }
    return ResetOutcome.hotResetNeeded(InfoDecoder.affected(answer.info().bytes()));
  }

  private Answer hotResetInfo(int size) {
    Struct info = new Struct(size).putInt(0, size);
    return new Answer(fd.ioctl(Vfio.VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, info), info);
  }

  @Override
  public void close() {
    fd.close();
  }
}
