package dev.vflux.adsp;

import dev.vflux.firmware.FirmwareImage;
import dev.vflux.firmware.VerificationReport;
import org.jspecify.annotations.Nullable;

/**
 * Verifies images, the same one only once: images are immutable. Any thread that may compute for
 * some milliseconds.
 */
final class BootVerifier {

  private @Nullable FirmwareImage image;
  private @Nullable VerificationReport report;

  synchronized VerificationReport verify(FirmwareImage wanted) {
    VerificationReport known = report;
    if (known == null || image != wanted) {
      known = wanted.verify();
      image = wanted;
      report = known;
    }
    return known;
  }
}
