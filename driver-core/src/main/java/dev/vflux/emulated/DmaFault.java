package dev.vflux.emulated;

import java.io.Serializable;

/**
 * A DMA access that did not happen, as an IOMMU records it. Immutable; any thread.
 *
 * @param access what the device attempted
 * @param iova the first I/O virtual address that failed
 * @param length bytes of the access that were not transferred
 * @param reason why
 */
public record DmaFault(Access access, long iova, long length, Reason reason)
    implements Serializable {

  /** The direction of an access, as the device sees it. */
  public enum Access {
    /** From memory to the device. */
    READ,
    /** From the device to memory. */
    WRITE
  }

  /** Why an access did not happen. */
  public enum Reason {
    /** COMMAND.BusMaster is 0, or the function is not in D0. */
    BUS_MASTER_OFF,
    /** Nothing is mapped at the address. */
    UNMAPPED,
    /** What is mapped at the address may not be accessed in this direction. */
    NOT_PERMITTED,
    /** The mapped memory cannot be reached: its owner is silent, gone, or made it shorter. */
    MEMORY_LOST,
    /** The device was removed. */
    REMOVED,
    /** The device's own side of the transfer leaves its memory; told by the model. */
    DEVICE_RANGE
  }

  @Override
  public String toString() {
    return "DMA "
        + (access == Access.READ ? "read" : "write")
        + " of "
        + length
        + " bytes at IOVA 0x"
        + Long.toHexString(iova)
        + ": "
        + reason;
  }
}
