package dev.vflux.emulated;

/** Tells a model that a DMA access of its device failed. Immutable; any thread. */
public final class DmaFaultException extends Exception {

  private static final long serialVersionUID = 1L;

  private final DmaFault fault;

  DmaFaultException(DmaFault fault) {
    super(fault.toString(), null, false, false);
    this.fault = fault;
  }

  /**
   * What failed.
   *
   * @return address, length and reason
   */
  public DmaFault fault() {
    return fault;
  }

  /**
   * Where it failed.
   *
   * @return the first I/O virtual address that failed
   */
  public long iova() {
    return fault.iova();
  }

  /**
   * How much was not transferred.
   *
   * @return bytes
   */
  public long length() {
    return fault.length();
  }

  /**
   * Why it failed.
   *
   * @return the reason
   */
  public DmaFault.Reason reason() {
    return fault.reason();
  }
}
