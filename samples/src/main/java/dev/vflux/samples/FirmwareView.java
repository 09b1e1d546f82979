package dev.vflux.samples;

import dev.vflux.firmware.AdspManifest;
import dev.vflux.firmware.ByteRange;
import dev.vflux.firmware.Check;
import dev.vflux.firmware.CssManifest;
import dev.vflux.firmware.ExtendedManifest;
import dev.vflux.firmware.Extension;
import dev.vflux.firmware.FirmwareFamily;
import dev.vflux.firmware.FirmwareImage;
import dev.vflux.firmware.FirmwareVersion;
import dev.vflux.firmware.IpcVersion;
import dev.vflux.firmware.PartitionDirectory;
import dev.vflux.firmware.ReefBody;
import dev.vflux.firmware.Signer;
import dev.vflux.firmware.VerificationReport;
import java.util.List;
import java.util.Optional;

/**
 * A firmware image as {@code firmware info} shows it.
 *
 * @param family the payload's layout
 * @param ipcVersion which IPC the firmware speaks
 * @param version what it calls itself
 * @param fileLength bytes
 * @param payloadOffset where the part that is sent to the DSP starts in the file
 * @param extendedManifest XMan or $AE1
 * @param directory the $CPD partition directory
 * @param css the signed manifest
 * @param extensions the signed manifest's extensions
 * @param adsp the $AM1 manifest with its modules
 * @param reef the unsigned body
 * @param verification what was checked, and what came out
 */
record FirmwareView(
    FirmwareFamily family,
    IpcVersion ipcVersion,
    FirmwareVersion version,
    long fileLength,
    long payloadOffset,
    Optional<ExtendedManifest> extendedManifest,
    Optional<PartitionDirectory> directory,
    Optional<CssManifest> css,
    List<Extension> extensions,
    Optional<AdspManifest> adsp,
    Optional<ReefBody> reef,
    Verification verification) {

  /**
   * The verification report.
   *
   * @param verdict verified, unsigned or failed
   * @param signer whose key signed it
   * @param scheme how it is signed
   * @param checks every check, in the order of the chain
   * @param unprotectedRanges payload bytes that no hash and no signature covers
   */
  record Verification(
      String verdict,
      Optional<Signer> signer,
      Optional<String> scheme,
      List<Check> checks,
      List<ByteRange> unprotectedRanges) {

    private static final String FAILED = "failed";

    static Verification of(VerificationReport report) {
      return new Verification(
          verdict(report),
          report.signer(),
          report.scheme().map(Object::toString),
          report.checks(),
          report.unprotected());
    }

    private static String verdict(VerificationReport report) {
      if (report.verified()) {
        return "verified";
      }
      return report.firstFailure().isPresent() ? FAILED : "unsigned";
    }

    boolean failed() {
      return verdict.equals(FAILED);
    }
  }

  static FirmwareView of(FirmwareImage image) {
    return new FirmwareView(
        image.family(),
        image.ipcVersion(),
        image.version(),
        image.fileLength(),
        image.payloadOffset(),
        image.extendedManifest(),
        image.partitionDirectory(),
        image.cssManifest(),
        image.extensions(),
        image.adspManifest(),
        image.reef(),
        Verification.of(image.verify()));
  }
}
