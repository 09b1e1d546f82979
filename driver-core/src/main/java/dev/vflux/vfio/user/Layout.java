package dev.vflux.vfio.user;

/**
 * Sizes and offsets of the protocol's structures, in bytes. Those of a payload count from the end
 * of the header. Integers have the machine's byte order (vfio-user specification 0.9.2; structures
 * that it shares with the ioctls: include/uapi/linux/vfio.h).
 */
final class Layout {

  // header
  static final int HEADER = 16;
  static final int HEADER_COMMAND = 2;
  static final int HEADER_SIZE = 4;
  static final int HEADER_FLAGS = 8;
  static final int HEADER_ERROR = 12;
  static final int FLAG_TYPE = 0xf;
  static final int FLAG_TYPE_COMMAND = 0;
  static final int FLAG_TYPE_REPLY = 1;
  static final int FLAG_NO_REPLY = 0x10;
  static final int FLAG_ERROR = 0x20;

  // VERSION
  static final int VERSION = 4;
  static final int VERSION_MINOR = 2;

  // DMA_MAP, DMA_UNMAP
  static final int DMA_MAP = 32;
  static final int DMA_MAP_FLAGS = 4;
  static final int DMA_MAP_OFFSET = 8;
  static final int DMA_MAP_ADDRESS = 16;
  static final int DMA_MAP_SIZE = 24;
  static final int DMA_MAP_READABLE = 1;
  static final int DMA_MAP_WRITEABLE = 2;
  static final int DMA_UNMAP = 24;
  static final int DMA_UNMAP_FLAGS = 4;
  // VFIO_DMA_UNMAP_FLAG_ALL of include/uapi/linux/vfio.h
  static final int DMA_UNMAP_ALL = 2;
  static final int DMA_UNMAP_ADDRESS = 8;
  static final int DMA_UNMAP_SIZE = 16;

  // DMA_READ, DMA_WRITE; data follows
  static final int DMA_ACCESS = 16;
  static final int DMA_ACCESS_COUNT = 8;
  // the specification's table has a 32-bit count in the reply to DMA_WRITE, its peers have 64 bits
  static final int DMA_WRITE_REPLY_SHORT = 12;

  // DEVICE_GET_INFO
  static final int DEVICE_INFO = 16;
  static final int DEVICE_INFO_FLAGS = 4;
  static final int DEVICE_INFO_NUM_REGIONS = 8;
  static final int DEVICE_INFO_NUM_IRQS = 12;

  // DEVICE_GET_REGION_INFO and DEVICE_GET_IRQ_INFO: as for the ioctls, see dev.vflux.linux.Vfio

  // DEVICE_GET_REGION_IO_FDS
  static final int REGION_IO_FDS = 16;
  static final int REGION_IO_FDS_FLAGS = 4;
  static final int REGION_IO_FDS_INDEX = 8;
  static final int REGION_IO_FDS_COUNT = 12;

  // REGION_READ, REGION_WRITE; data follows
  static final int REGION_ACCESS = 16;
  static final int REGION_ACCESS_REGION = 8;
  static final int REGION_ACCESS_COUNT = 12;

  // REGION_WRITE_MULTI
  static final int WRITE_MULTI = 8;
  static final int WRITE_MULTI_ENTRY = 24;
  static final int WRITE_MULTI_ENTRY_REGION = 8;
  static final int WRITE_MULTI_ENTRY_COUNT = 12;
  static final int WRITE_MULTI_ENTRY_DATA = 16;

  private Layout() {}
}
