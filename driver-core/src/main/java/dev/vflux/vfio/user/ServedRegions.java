package dev.vflux.vfio.user;

import dev.vflux.linux.Vfio;
import dev.vflux.vfio.DeviceBackend;
import dev.vflux.vfio.RegionIndex;
import dev.vflux.vfio.RegionInfo;
import dev.vflux.vfio.RegisterBlock;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.EnumMap;
import java.util.Map;

/** The device's regions: their descriptions, and access by message. */
final class ServedRegions {

  private static final RegionIndex[] INDEXES = RegionIndex.values();
  private static final int WIDEST = Long.BYTES;
  // vfio-pci accesses configuration space with no more (drivers/vfio/pci/vfio_pci_config.c)
  private static final int WIDEST_IN_CONFIG = Integer.BYTES;

  private final ServerListener listener;
  private final int largest;
  private final Map<RegionIndex, RegionInfo> infos = new EnumMap<>(RegionIndex.class);
  private final Map<RegionIndex, RegisterBlock> blocks = new EnumMap<>(RegionIndex.class);

  ServedRegions(DeviceBackend backend, ServerListener listener, int largest) {
    this.listener = listener;
    this.largest = largest;
    for (RegionInfo info : backend.regions()) {
      infos.put(info.index(), info);
      if (info.present()) {
        blocks.put(info.index(), backend.registers(info));
      }
    }
  }

  static int count() {
    return INDEXES.length;
  }

  void info(Message message, Reply reply) {
    ByteBuffer payload = message.payload();
    RefusedException.check(
        payload.limit() >= Vfio.SIZEOF_VFIO_REGION_INFO
            && payload.getInt(0) >= Vfio.SIZEOF_VFIO_REGION_INFO,
        "DEVICE_GET_REGION_INFO is too short");
    RegionInfo info = region(index(payload.getInt(Vfio.OFFSETOF_VFIO_REGION_INFO_INDEX)));
    reply
        .payload(Vfio.SIZEOF_VFIO_REGION_INFO)
        .putInt(0, Vfio.SIZEOF_VFIO_REGION_INFO)
        .putInt(Vfio.OFFSETOF_VFIO_REGION_INFO_FLAGS, flags(info))
        .putInt(Vfio.OFFSETOF_VFIO_REGION_INFO_INDEX, info.index().number())
        .putInt(Vfio.OFFSETOF_VFIO_REGION_INFO_CAP_OFFSET, 0)
        .putLong(Vfio.OFFSETOF_VFIO_REGION_INFO_SIZE, info.size())
        .putLong(Vfio.OFFSETOF_VFIO_REGION_INFO_OFFSET, 0);
  }

  // a mappable region of the backend is served by messages all the same: there is no file to send
  private static int flags(RegionInfo info) {
    return (info.flags().contains(RegionInfo.Flag.READ) ? Vfio.VFIO_REGION_INFO_FLAG_READ : 0)
        | (info.flags().contains(RegionInfo.Flag.WRITE) ? Vfio.VFIO_REGION_INFO_FLAG_WRITE : 0);
  }

  private static RegionIndex index(int number) {
    RefusedException.check(number >= 0 && number < INDEXES.length, "region " + number);
    return INDEXES[number];
  }

  private RegionInfo region(RegionIndex index) {
    return RefusedException.present(infos.get(index), "the device has no " + index);
  }

  void ioFds(Message message, Reply reply) {
    ByteBuffer payload = message.payload();
    RefusedException.check(
        payload.limit() >= Layout.REGION_IO_FDS && payload.getInt(0) >= Layout.REGION_IO_FDS,
        "DEVICE_GET_REGION_IO_FDS is too short");
    RegionIndex index = index(payload.getInt(Layout.REGION_IO_FDS_INDEX));
    RegionInfo unusedInfo = region(index);
    reply
        .payload(Layout.REGION_IO_FDS)
        .putInt(0, Layout.REGION_IO_FDS)
        .putInt(Layout.REGION_IO_FDS_FLAGS, 0)
        .putInt(Layout.REGION_IO_FDS_INDEX, index.number())
        .putInt(Layout.REGION_IO_FDS_COUNT, 0);
  }

  void read(Message message, Reply reply) {
    ByteBuffer payload = message.payload();
    RefusedException.check(payload.limit() == Layout.REGION_ACCESS, "REGION_READ has a bad size");
    long offset = payload.getLong(0);
    int count = payload.getInt(Layout.REGION_ACCESS_COUNT);
    RegionIndex index = index(payload.getInt(Layout.REGION_ACCESS_REGION));
    RegisterBlock block = block(index, RegionInfo.Flag.READ, offset, count);
    ByteBuffer out = reply.payload(Layout.REGION_ACCESS + count);
    out.put(0, payload, 0, Layout.REGION_ACCESS);
    ByteBuffer data = out.position(Layout.REGION_ACCESS).slice().order(ByteOrder.LITTLE_ENDIAN);
    read(block, offset, data, widest(index));
    tell(index, offset, data, false);
  }

  void write(Message message, Reply reply) {
    ByteBuffer payload = message.payload();
    RefusedException.check(payload.limit() >= Layout.REGION_ACCESS, "REGION_WRITE is too short");
    long offset = payload.getLong(0);
    int count = payload.getInt(Layout.REGION_ACCESS_COUNT);
    RegionIndex index = index(payload.getInt(Layout.REGION_ACCESS_REGION));
    RegisterBlock block = block(index, RegionInfo.Flag.WRITE, offset, count);
    RefusedException.check(
        payload.limit() - Layout.REGION_ACCESS == count, "the data are not " + count + " bytes");
    reply.payload(Layout.REGION_ACCESS).put(0, payload, 0, Layout.REGION_ACCESS);
    ByteBuffer data =
        payload.duplicate().position(Layout.REGION_ACCESS).slice().order(ByteOrder.LITTLE_ENDIAN);
    tell(index, offset, data, true);
    write(block, offset, data, widest(index));
  }

  void writeMulti(Message message, Reply reply) {
    ByteBuffer payload = message.payload();
    RefusedException.check(
        payload.limit() >= Layout.WRITE_MULTI, "REGION_WRITE_MULTI is too short");
    long count = payload.getLong(0);
    RefusedException.check(
        count >= 0
            && count <= payload.limit() / Layout.WRITE_MULTI_ENTRY
            && payload.limit() == Layout.WRITE_MULTI + count * Layout.WRITE_MULTI_ENTRY,
        "the data are not " + count + " writes");
    for (int i = 0; i < count; i++) {
      writeEntry(payload, Layout.WRITE_MULTI + i * Layout.WRITE_MULTI_ENTRY);
    }
    reply.payload(Layout.WRITE_MULTI).putLong(0, count);
  }

  private void writeEntry(ByteBuffer payload, int at) {
    long offset = payload.getLong(at);
    int count = payload.getInt(at + Layout.WRITE_MULTI_ENTRY_COUNT);
    RefusedException.check(count >= 0 && count <= Long.BYTES, "a write of " + count + " bytes");
    RegionIndex index = index(payload.getInt(at + Layout.WRITE_MULTI_ENTRY_REGION));
    RegisterBlock block = block(index, RegionInfo.Flag.WRITE, offset, count);
    ByteBuffer data =
        payload.slice(at + Layout.WRITE_MULTI_ENTRY_DATA, count).order(ByteOrder.LITTLE_ENDIAN);
    tell(index, offset, data, true);
    write(block, offset, data, widest(index));
  }

  private RegisterBlock block(RegionIndex index, RegionInfo.Flag access, long offset, int count) {
    RegionInfo info = region(index);
    RegisterBlock block = RefusedException.present(blocks.get(index), index + " is empty");
    RefusedException.check(info.flags().contains(access), index + " allows no " + access);
    RefusedException.check(count >= 0 && count <= largest, "an access of " + count + " bytes");
    RefusedException.check(
        offset >= 0 && offset <= info.size() && count <= info.size() - offset,
        "the access leaves " + index);
    return block;
  }

  private static int widest(RegionIndex index) {
    return index == RegionIndex.CONFIG ? WIDEST_IN_CONFIG : WIDEST;
  }

  /** The widest access that is aligned and not longer than what is left, as vfio-pci makes it. */
  private static int width(long offset, int left, int widest) {
    int width = widest;
    while (width > left || (offset & (width - 1)) != 0) {
      width /= 2;
    }
    return width;
  }

  private static void read(RegisterBlock block, long start, ByteBuffer data, int widest) {
    int at = 0;
    while (at < data.limit()) {
      long offset = start + at;
      int width = width(offset, data.limit() - at, widest);
      switch (width) {
        case Long.BYTES -> data.putLong(at, block.read64(offset));
        case Integer.BYTES -> data.putInt(at, block.read32(offset));
        case Short.BYTES -> data.putShort(at, (short) block.read16(offset));
        default -> data.put(at, (byte) block.read8(offset));
      }
      at += width;
    }
  }

  private static void write(RegisterBlock block, long start, ByteBuffer data, int widest) {
    int at = 0;
    while (at < data.limit()) {
      long offset = start + at;
      int width = width(offset, data.limit() - at, widest);
      switch (width) {
        case Long.BYTES -> block.write64(offset, data.getLong(at));
        case Integer.BYTES -> block.write32(offset, data.getInt(at));
        case Short.BYTES -> block.write16(offset, data.getShort(at));
        default -> block.write8(offset, data.get(at));
      }
      at += width;
    }
  }

  private void tell(RegionIndex index, long offset, ByteBuffer data, boolean write) {
    if (listener.isWatching()) {
      listener.onEvent(
          new ServerEvent.RegionAccess(index, offset, data.limit(), write, value(data)));
    }
  }

  private static long value(ByteBuffer data) {
    long value = 0;
    for (int i = Math.min(Long.BYTES, data.limit()) - 1; i >= 0; i--) {
      value = value << Byte.SIZE | (data.get(i) & 0xff);
    }
    return value;
  }
}
