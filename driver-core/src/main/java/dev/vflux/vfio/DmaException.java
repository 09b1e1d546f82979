package dev.vflux.vfio;

/** DMA memory that cannot be had or cannot be accessed so. Immutable; any thread. */
public final class DmaException extends DriverException {

  private static final long serialVersionUID = 1L;

  /** What went wrong. */
  public enum Reason {
    /** No free IOVA range is large enough below the wanted limit. */
    NO_SPACE,
    /** The IOVA range is in use already; the answer names its owner. */
    IN_USE,
    /** The IOVA lies outside what the IOMMU maps, or inside the MSI window. */
    NOT_MAPPABLE,
    /** A size that is not positive or beyond 2 GiB. */
    BAD_SIZE,
    /** An access that does not lie inside the buffer. */
    OUT_OF_BOUNDS,
    /** The kernel has no memory to give. */
    NO_MEMORY,
    /** The buffer or the device was closed. */
    CLOSED
  }

  private final Reason reason;

  /**
   * Creates an error.
   *
   * @param reason what went wrong
   * @param operation what was attempted
   * @param target the device and the buffer's owner
   * @param answer the details
   * @param advice what to try next, may be empty
   */
  public DmaException(
      Reason reason, String operation, String target, String answer, String advice) {
    super(operation, target, answer, advice);
    this.reason = reason;
  }

  /**
   * What went wrong.
   *
   * @return the reason
   */
  public Reason reason() {
    return reason;
  }
}
