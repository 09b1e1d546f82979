package dev.vflux.firmware;

/**
 * A SOF ABI version, packed as major in bits 31:24, minor in 23:12 and patch in 11:0 (Linux {@code
 * include/uapi/sound/sof/abi.h}). The host must refuse another major than its own.
 *
 * @param major 0 to 255
 * @param minor 0 to 4095
 * @param patch 0 to 4095
 */
public record AbiVersion(int major, int minor, int patch) {

  /**
   * Checks that each part fits its bits.
   *
   * @param major 0 to 255
   * @param minor 0 to 4095
   * @param patch 0 to 4095
   * @throws IllegalArgumentException when one does not
   */
  public AbiVersion {
    if ((major & ~0xff) != 0 || (minor & ~0xfff) != 0 || (patch & ~0xfff) != 0) {
      throw new IllegalArgumentException("ABI " + major + "." + minor + "." + patch);
    }
  }

  /**
   * Unpacks a version word.
   *
   * @param word the 32 bits as read
   * @return the version
   */
  public static AbiVersion parse(int word) {
    return new AbiVersion(word >>> 24, word >>> 12 & 0xfff, word & 0xfff);
  }

  /**
   * Packs this version.
   *
   * @return the 32 bits as they are stored
   */
  public int word() {
    return major << 24 | minor << 12 | patch;
  }

  /** Major, minor and patch with dots between. */
  @Override
  public String toString() {
    return major + "." + minor + "." + patch;
  }
}
