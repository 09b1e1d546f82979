package dev.vflux.firmware;

import java.util.Optional;

/**
 * The version a firmware calls itself.
 *
 * @param major 16 bits
 * @param minor 16 bits
 * @param micro 16 bits; {@code hotfix} in {@code $AM1}
 * @param build 16 bits
 * @param tag the tag of an XMan FW_VERSION element, when it has one
 * @param abi the ABI of an XMan FW_VERSION element or of a Reef header
 */
public record FirmwareVersion(
    int major, int minor, int micro, int build, Optional<String> tag, Optional<AbiVersion> abi) {

  /**
   * A version without tag and ABI, as {@code $AM1} holds it.
   *
   * @param major 16 bits
   * @param minor 16 bits
   * @param micro 16 bits
   * @param build 16 bits
   * @return the version
   */
  public static FirmwareVersion of(int major, int minor, int micro, int build) {
    return new FirmwareVersion(major, minor, micro, build, Optional.empty(), Optional.empty());
  }

  static FirmwareVersion read(Bytes from, long at) {
    return of(from.u16(at), from.u16(at + 2), from.u16(at + 4), from.u16(at + 6));
  }

  /** Major, minor, micro and build with dots between. */
  @Override
  public String toString() {
    return major + "." + minor + "." + micro + "." + build;
  }
}
