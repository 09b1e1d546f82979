package dev.vflux.firmware;

import java.util.List;
import java.util.Optional;

/**
 * One check of a verification.
 *
 * @param name what is checked: {@code "cpd.header"} (directory checksum), {@code "key"}, {@code
 *     "signature"}, {@code "signed-package:metadata"}, {@code "partition-info:metadata"}, {@code
 *     "adsp-metadata:firmware"}, {@code "partition-hash"} or {@code "module:"} and its name
 * @param regions the bytes of the payload the check covers
 * @param outcome what came out
 * @param kind what is wrong when it failed, else empty
 * @param offset file offset of the stored checksum, hash, key or signature
 * @param detail one phrase for people
 */
public record Check(
    String name,
    List<ByteRange> regions,
    Outcome outcome,
    Optional<FirmwareErrorKind> kind,
    long offset,
    String detail) {

  /** What can come out of a check. */
  public enum Outcome {
    /** The stored value fits the bytes. */
    PASSED,
    /** It does not. */
    FAILED,
    /** There is nothing to check: the field is unused in this image, or covers another file. */
    ABSENT
  }

  static Check absent(String name, long offset, String detail) {
    return new Check(name, List.of(), Outcome.ABSENT, Optional.empty(), offset, detail);
  }

  static Check of(
      String name,
      List<ByteRange> regions,
      Optional<FirmwareErrorKind> failure,
      long offset,
      String detail) {
    Outcome outcome = failure.isPresent() ? Outcome.FAILED : Outcome.PASSED;
    return new Check(name, List.copyOf(regions), outcome, failure, offset, detail);
  }
}
