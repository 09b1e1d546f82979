package dev.vflux.vfio;

import java.util.List;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What a door implements for one open device: the raw operations of the VFIO ABI. {@link Device}
 * wraps it and does, once for all doors, the checks, the IOVA book-keeping and the order of
 * closing; so a backend may rely on vectors, regions and ranges that exist. Operations may come
 * from any thread.
 */
public interface DeviceBackend {

  /**
   * Which device this is.
   *
   * @return name, description and whether it can be reset
   */
  DeviceInfo info();

  /**
   * The regions the device answers for, in index order, absent ones with size 0.
   *
   * @return the descriptions; fixed for the life of the device
   */
  List<RegionInfo> regions();

  /**
   * The interrupt indexes the device answers for; an index it refuses is not in the list.
   *
   * @return the descriptions; fixed for the life of the device
   */
  List<IrqInfo> irqs();

  /**
   * Opens a region for access.
   *
   * @param region one of {@link #regions()} that is present
   * @return the block; after {@link #close()} every access to it fails
   */
  RegisterBlock registers(RegionInfo region);

  /**
   * Ties vectors to eventfds; see {@link Irq#enable(int, List)}.
   *
   * @param index the interrupt index
   * @param start the first vector
   * @param triggers an eventfd or null for each vector
   */
  void enable(IrqIndex index, int start, List<@Nullable EventFd> triggers);

  /**
   * Disables an index; see {@link Irq#disable()}. Does nothing when it is not enabled.
   *
   * @param index the interrupt index
   */
  void disable(IrqIndex index);

  /**
   * Masks a vector.
   *
   * @param index a maskable index
   * @param vector the vector
   */
  void mask(IrqIndex index, int vector);

  /**
   * Unmasks a vector.
   *
   * @param index a maskable index
   * @param vector the vector
   */
  void unmask(IrqIndex index, int vector);

  /**
   * Lets an eventfd unmask a vector; see {@link Irq#unmaskOn}.
   *
   * @param index a maskable index
   * @param vector the vector
   * @param source the eventfd; null ends the tie
   */
  void unmaskOn(IrqIndex index, int vector, @Nullable EventFd source);

  /**
   * Fires a vector's eventfd from software.
   *
   * @param index the interrupt index
   * @param vector the vector
   */
  void trigger(IrqIndex index, int vector);

  /**
   * Which IOVAs may be used. Backends whose devices share an address space return the same object.
   *
   * @return the address space; the same object at each call
   */
  IovaSpace iovas();

  /**
   * How many more mappings the IOMMU driver accepts; see {@link Dma#mappingsLeft()}.
   *
   * @return the number; empty when there is no such limit
   */
  OptionalLong mappingsLeft();

  /**
   * Whether DMA memory has to be a file that another process can map: {@link DmaMemory#fd()}.
   *
   * @return false by default
   */
  default boolean wantsSharedMemory() {
    return false;
  }

  /**
   * Lets the device reach memory at an IOVA.
   *
   * @param mapping page-aligned IOVA, size and memory; stays valid until it is unmapped
   */
  void mapDma(DmaMapping mapping);

  /**
   * Takes the memory away from the device; no access by the device happens after the return.
   *
   * @param mapping the same as for {@link #mapDma}
   */
  void unmapDma(DmaMapping mapping);

  /**
   * Resets the device's function where that is possible; see {@link Device#reset()}.
   *
   * @return what happened
   */
  ResetOutcome reset();

  /**
   * Sets who is told when the backend finds that the device has gone away by itself; see {@link
   * Device#onGone}. A backend that cannot tell leaves it to those who read all ones.
   *
   * @param listener called by any thread, at once when the device is gone already; does not block
   */
  default void onGone(Consumer<DeviceGoneException> listener) {}

  /** Gives everything back; called once, after interrupts are disabled and DMA is unmapped. */
  void close();
}
