package dev.vflux.ipc;

/**
 * The errors of SOF firmware, which uses the numbers of Linux {@code
 * include/uapi/asm-generic/errno-base.h} and {@code errno.h}; advice from what its IPC3 handlers
 * (SOF 2.2, {@code src/ipc}) answer with them.
 */
final class FirmwareErrno {

  private FirmwareErrno() {}

  static String name(int errno) {
    return switch (errno) {
      case 1 -> "EPERM";
      case 2 -> "ENOENT";
      case 5 -> "EIO";
      case 7 -> "E2BIG";
      case 11 -> "EAGAIN";
      case 12 -> "ENOMEM";
      case 13 -> "EACCES";
      case 14 -> "EFAULT";
      case 16 -> "EBUSY";
      case 17 -> "EEXIST";
      case 19 -> "ENODEV";
      case 22 -> "EINVAL";
      case 28 -> "ENOSPC";
      case 38 -> "ENOSYS";
      case 61 -> "ENODATA";
      case 95 -> "EOPNOTSUPP";
      case 110 -> "ETIMEDOUT";
      default -> "unknown";
    };
  }

  static String advice(int errno) {
    return switch (errno) {
      case 5 -> "is the DMA channel it needs there, and free?";
      case 12 -> "free pipelines or make smaller buffers";
      case 13 -> "enable the core it is meant for first";
      case 16 -> "free what holds it first";
      case 19 -> "make the object with this id first; requests this firmware lacks say so as well";
      case 22 -> "is the id taken already, the order wrong, or a size not the firmware's?";
      default -> "see the firmware's trace";
    };
  }
}
