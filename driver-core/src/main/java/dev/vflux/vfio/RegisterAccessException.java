package dev.vflux.vfio;

/**
 * A register access that cannot be made: nothing was read, and unless the reason is {@link
 * Reason#GONE} nothing was written. Immutable; any thread.
 */
public final class RegisterAccessException extends DriverException {

  private static final long serialVersionUID = 1L;

  /** Why the access was refused. */
  public enum Reason {
    /** The access does not lie inside the block. */
    OUT_OF_BOUNDS,
    /** The offset is not a multiple of the access width. */
    MISALIGNED,
    /** The device or the block was closed. */
    CLOSED,
    /**
     * The region does not answer although the device is there: it is in a low-power state, or its
     * memory decoding is off. Of a device that is not there it is a {@link DeviceGoneException}.
     */
    GONE,
    /** The region does not allow this direction (VFIO_REGION_INFO_FLAG_READ, _WRITE). */
    NOT_PERMITTED,
    /** The process that serves the device ({@code vfio-user:}) answered with an error. */
    REFUSED
  }

  private final Reason reason;
  private final long offset;

  /**
   * Creates an error.
   *
   * @param reason why the access was refused
   * @param operation the access, for instance {@code "read32"}
   * @param block the block's name
   * @param offset byte offset into the block
   * @param answer the details
   */
  public RegisterAccessException(
      Reason reason, String operation, String block, long offset, String answer) {
    super(operation, block + "+0x" + Long.toHexString(offset), answer, advice(reason));
    this.reason = reason;
    this.offset = offset;
  }

  private static String advice(Reason reason) {
    return switch (reason) {
      case OUT_OF_BOUNDS -> "check the offset against the region's size";
      case MISALIGNED -> "use an offset that is a multiple of the access width";
      case CLOSED -> "open the device again";
      case GONE -> "see whether the device is still there, in D0 and has COMMAND.Memory set";
      case NOT_PERMITTED -> "see the region's flags";
      case REFUSED -> "see the server's log";
    };
  }

  /**
   * Why the access was refused.
   *
   * @return the reason
   */
  public Reason reason() {
    return reason;
  }

  /**
   * Where the access would have been made.
   *
   * @return byte offset into the block
   */
  public long offset() {
    return offset;
  }
}
