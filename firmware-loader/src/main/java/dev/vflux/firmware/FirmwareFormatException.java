package dev.vflux.firmware;

import dev.vflux.vfio.DriverException;

/**
 * A firmware image that cannot be taken apart: says what is wrong, in which structure and at which
 * byte of the file. Immutable; any thread.
 */
public final class FirmwareFormatException extends DriverException {

  private static final long serialVersionUID = 1L;

  private final FirmwareErrorKind kind;
  private final String where;
  private final long offset;
  private final String problem;

  FirmwareFormatException(FirmwareErrorKind kind, String where, long offset, String problem) {
    this(kind, where, offset, problem, "firmware image");
  }

  FirmwareFormatException(
      FirmwareErrorKind kind, String where, long offset, String problem, String source) {
    super(
        "parse " + where,
        source + " at offset 0x" + Long.toHexString(offset),
        kind + ", " + problem,
        adviceFor(kind));
    this.kind = kind;
    this.where = where;
    this.offset = offset;
    this.problem = problem;
  }

  /**
   * What is wrong.
   *
   * @return the kind of error
   */
  public FirmwareErrorKind kind() {
    return kind;
  }

  /**
   * In which structure: a dotted place such as {@code "xman.elem"}, {@code "cpd.entry"}, {@code
   * "css"}, {@code "ext"}, {@code "adsp_meta"}, {@code "am1"}, {@code "module"} or {@code
   * "segment"}.
   *
   * @return the place
   */
  public String where() {
    return where;
  }

  /**
   * Where the offending bytes are.
   *
   * @return the offset in bytes from the start of the file
   */
  public long offset() {
    return offset;
  }

  /** The same error, with the name of the file in its message. */
  FirmwareFormatException in(String source) {
    FirmwareFormatException named =
        new FirmwareFormatException(kind, where, offset, problem, source);
    named.setStackTrace(getStackTrace());
    if (getCause() != null) {
      named.initCause(getCause());
    }
    return named;
  }

  private static String adviceFor(FirmwareErrorKind kind) {
    return switch (kind) {
      case EMPTY, TRUNCATED -> "the file is incomplete: fetch it again";
      case MISSING -> "check the path, or fetch the file again";
      case BAD_MAGIC, UNSUPPORTED -> "give a SOF or cAVS image: XMan, $AE1, $CPD, SKL/KBL or Reef";
      default -> "the file is damaged or was not made for this loader: fetch it again";
    };
  }
}
