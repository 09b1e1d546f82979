package dev.vflux.firmware;

import dev.vflux.firmware.Check.Outcome;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * What the checksums, hashes and the signature of an image say. The chain: the signature vouches
 * for the metadata hash, that for the firmware hash, that for the code and its module hashes. The
 * key is the image's own: this shows that nothing was changed since signing, not who signed, unless
 * {@link #signer} is a key one knows. Immutable; any thread.
 */
public final class VerificationReport {

  private final FirmwareFamily family;
  private final List<Check> checks;
  private final Optional<Signer> signer;
  private final Optional<SignatureScheme> scheme;
  private final List<ByteRange> unprotectedRanges;

  VerificationReport(
      FirmwareFamily family,
      List<Check> checks,
      Optional<Signer> signer,
      Optional<SignatureScheme> scheme,
      long payloadLength) {
    this.family = family;
    this.checks = List.copyOf(checks);
    this.signer = signer;
    this.scheme = scheme;
    this.unprotectedRanges = complement(checks, payloadLength);
  }

  /**
   * The layout that was verified.
   *
   * @return the family
   */
  public FirmwareFamily family() {
    return family;
  }

  /**
   * Every check in the order of the chain.
   *
   * @return checksum, key, signature, hashes; empty for Reef, which has none
   */
  public List<Check> checks() {
    return checks;
  }

  /**
   * Whether the image is signed and no check failed.
   *
   * @return false for a Reef image, which cannot be verified
   */
  public boolean verified() {
    return signed() && firstFailure().isEmpty();
  }

  /**
   * Whether the image carries a signature, right or wrong.
   *
   * @return false for Reef
   */
  public boolean signed() {
    return signer.isPresent();
  }

  /**
   * The key in the image.
   *
   * @return the key, or empty for Reef
   */
  public Optional<Signer> signer() {
    return signer;
  }

  /**
   * How the image is signed.
   *
   * @return key length and padding, or empty for Reef
   */
  public Optional<SignatureScheme> scheme() {
    return scheme;
  }

  /**
   * The bytes of the payload that neither a hash nor the signature covers: whoever changes them is
   * not found out. The checksum of the directory does not count, anyone can compute it.
   *
   * @return ranges of the payload in order; the extended manifest before it is never protected
   */
  public List<ByteRange> unprotected() {
    return unprotectedRanges;
  }

  /**
   * The first failed check in the order of the chain.
   *
   * @return the check, or empty when none failed
   */
  public Optional<Check> firstFailure() {
    return checks.stream().filter(check -> check.outcome() == Outcome.FAILED).findFirst();
  }

  /**
   * Insists on a verified image.
   *
   * @return this report
   * @throws FirmwareVerificationException when a check failed, or the image is not signed
   */
  public VerificationReport orThrow() {
    if (!verified()) {
      throw new FirmwareVerificationException(this);
    }
    return this;
  }

  private static List<ByteRange> complement(List<Check> checks, long length) {
    List<ByteRange> covered = new ArrayList<>();
    for (Check check : checks) {
      if (!check.name().equals(Verifier.CHECKSUM)) {
        covered.addAll(check.regions());
      }
    }
    covered.sort(Comparator.comparingLong(ByteRange::offset));
    List<ByteRange> gaps = new ArrayList<>();
    long at = 0;
    for (ByteRange range : covered) {
      if (range.offset() > at) {
        gaps.add(ByteRange.between(at, range.offset()));
      }
      at = Math.max(at, range.end());
    }
    if (at < length) {
      gaps.add(ByteRange.between(at, length));
    }
    return List.copyOf(gaps);
  }
}
