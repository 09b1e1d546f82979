package dev.vflux.vfio.user;

import dev.vflux.vfio.IrqIndex;
import dev.vflux.vfio.RegionIndex;

/** Something that happened at a served device, in the order in which it happened. Immutable. */
public sealed interface ServerEvent {

  /** A client connected; nothing is known of it yet. */
  record ClientConnected() implements ServerEvent {}

  /**
   * The client is gone: its memory is taken away from the device and its interrupts are off.
   *
   * @param end why
   */
  record ClientEnded(SessionEnd end) implements ServerEvent {}

  /**
   * The client accessed a region; told before a write is made and after a read.
   *
   * @param region which
   * @param offset byte offset into the region
   * @param length bytes, as in the client's message
   * @param write whether it was a write
   * @param value the first eight bytes, little-endian
   */
  record RegionAccess(RegionIndex region, long offset, int length, boolean write, long value)
      implements ServerEvent {}

  /**
   * The client tied eventfds to vectors, or took them away.
   *
   * @param index the interrupt index
   * @param start the first vector
   * @param count how many vectors
   * @param tied false when they have no eventfd any more
   */
  record InterruptsAssigned(IrqIndex index, int start, int count, boolean tied)
      implements ServerEvent {}

  /**
   * The device raised an interrupt: the client's eventfd was signalled.
   *
   * @param index the interrupt index
   * @param vector the vector
   */
  record InterruptRaised(IrqIndex index, int vector) implements ServerEvent {}

  /**
   * The client let the device reach memory.
   *
   * @param iova the first I/O virtual address
   * @param size bytes
   * @param readable whether the device may read it
   * @param writable whether the device may write it
   */
  record DmaMapped(long iova, long size, boolean readable, boolean writable)
      implements ServerEvent {}

  /**
   * The client took memory away from the device.
   *
   * @param iova the first I/O virtual address
   * @param size bytes
   */
  record DmaUnmapped(long iova, long size) implements ServerEvent {}

  /**
   * The device accessed the client's memory.
   *
   * @param iova the first I/O virtual address
   * @param length bytes
   * @param write whether the device wrote
   */
  record DmaAccess(long iova, int length, boolean write) implements ServerEvent {}

  /** The client reset the device. */
  record DeviceReset() implements ServerEvent {}
}
