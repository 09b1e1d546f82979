package dev.vflux.adsp.emulated;

import dev.vflux.firmware.FirmwareFormatException;
import dev.vflux.firmware.FirmwareImage;
import dev.vflux.firmware.VerificationReport;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The CSE's part: whether an image is authentic. It takes images of its own generation, whole and
 * with every hash and the signature right; a production fuse also wants Intel's key of the
 * platform. Why an image was refused is told to nobody but the log, as on hardware.
 */
final class SecurityEngine {

  private static final Logger LOG = LoggerFactory.getLogger(SecurityEngine.class);
  private static final byte[] DIRECTORY = "$CPD".getBytes(StandardCharsets.US_ASCII);

  private final CavsPlatform platform;
  private final boolean productionFuse;

  SecurityEngine(CavsPlatform platform, boolean productionFuse) {
    this.platform = platform;
    this.productionFuse = productionFuse;
  }

  /** Validates an image; empty means refused. Slow (RSA, hashes): not under a lock. */
  Optional<FirmwareIdentity> validate(byte[] image) {
    Optional<String> objection = objection(image);
    objection.ifPresent(reason -> LOG.info("{}: the image is refused: {}", platform, reason));
    return objection.isPresent() ? Optional.empty() : Optional.of(FirmwareIdentity.of(image));
  }

  private Optional<String> objection(byte[] image) {
    ByteBuffer bytes = ByteBuffer.wrap(image);
    if (bytes.limit() < DIRECTORY.length
        || bytes.duplicate().limit(DIRECTORY.length).mismatch(ByteBuffer.wrap(DIRECTORY)) >= 0) {
      return Optional.of("no partition directory");
    }
    try {
      FirmwareImage parsed = FirmwareImage.parse(bytes);
      return parsed.family() == platform.generation().image()
          ? objection(parsed.verify())
          : Optional.of("made for " + parsed.family());
    } catch (FirmwareFormatException malformed) {
      return Optional.of(malformed.toString());
    }
  }

  private Optional<String> objection(VerificationReport report) {
    if (!report.verified()) {
      return Optional.of("a check failed: " + report.firstFailure());
    }
    boolean known =
        report
            .signer()
            .filter(signer -> platform.productionKey().equals(signer.fingerprint()))
            .isPresent();
    return productionFuse && !known
        ? Optional.of("signed by " + report.signer())
        : Optional.empty();
  }
}
