package dev.vflux.firmware;

import dev.vflux.vfio.DriverException;

/** An image that is whole but not what was signed, or not signed. Immutable; any thread. */
public final class FirmwareVerificationException extends DriverException {

  private static final long serialVersionUID = 1L;

  private final transient VerificationReport report;
  private final FirmwareErrorKind kind;

  FirmwareVerificationException(VerificationReport report) {
    super(
        "verify " + report.firstFailure().map(Check::name).orElse("signature"),
        report
            .firstFailure()
            .map(check -> "firmware image at offset " + Bytes.hex(check.offset()))
            .orElse("firmware image"),
        report
            .firstFailure()
            .map(check -> check.kind().orElseThrow() + ", " + check.detail())
            .orElse(FirmwareErrorKind.MISSING + ", a " + report.family() + " image has none"),
        "fetch the image again, or load it without requiring verification to see what the ROM says");
    this.report = report;
    this.kind = report.firstFailure().flatMap(Check::kind).orElse(FirmwareErrorKind.MISSING);
  }

  /**
   * The whole report.
   *
   * @return the report this error was made from
   * @throws IllegalStateException after deserialisation, which loses it
   */
  public VerificationReport report() {
    if (report == null) {
      throw new IllegalStateException("the report is not serialised");
    }
    return report;
  }

  /**
   * What is wrong first.
   *
   * @return the kind of the first failed check; MISSING when there is no signature
   */
  public FirmwareErrorKind kind() {
    return kind;
  }
}
