package dev.vflux.vfio;

import java.nio.ByteBuffer;

/**
 * Memory that a device reaches at an IOVA: what a backend maps.
 *
 * @param iova first I/O virtual address, page-aligned
 * @param size bytes, a multiple of the IOMMU's page
 * @param address where it is in this process
 * @param memory the same memory; the mapping keeps it alive
 */
public record DmaMapping(long iova, long size, long address, ByteBuffer memory) {}
