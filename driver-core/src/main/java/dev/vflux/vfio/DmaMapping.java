package dev.vflux.vfio;

/**
 * Memory that a device reaches at an IOVA: what a backend maps.
 *
 * @param iova first I/O virtual address, page-aligned
 * @param size bytes, a multiple of the IOMMU's page
 * @param address where it is in this process; 0 when it cannot be reached by address
 * @param memory the same memory, for a device that runs in this process; the mapping keeps it alive
 * @param readable whether the device may read it
 * @param writable whether the device may write it
 */
public record DmaMapping(
    long iova, long size, long address, DmaMemory memory, boolean readable, boolean writable) {

  /**
   * Memory that the device may read and write.
   *
   * @param iova first I/O virtual address, page-aligned
   * @param size bytes, a multiple of the IOMMU's page
   * @param address where it is in this process
   * @param memory the same memory
   */
  public DmaMapping(long iova, long size, long address, DmaMemory memory) {
    this(iova, size, address, memory, true, true);
  }
}
