package dev.vflux.firmware;

/** The layouts a payload can have. Each is told by the bytes of the image, never by a file name. */
public enum FirmwareFamily {
  /** SKL/KBL: CSS header at 0, {@code $AM1} at 0x284, RSA-2048 with exponent 17, SHA-256. */
  CAVS_1_5(2048, 32),
  /** APL, GLK, CNL, CML, CFL, ICL, JSL: {@code $CPD} version 1, RSA-2048 PKCS#1 v1.5, SHA-256. */
  CAVS_1_8(2048, 32),
  /** TGL, EHL, ADL, RPL: {@code $CPD} version 2, RSA-3072 PSS, SHA-384. */
  CAVS_2_5(3072, 48),
  /** MTL, ARL, LNL: as {@link #CAVS_2_5} with the package information in extension 0x23. */
  ACE_1_5(3072, 48),
  /** BYT, CHT, BDW: the unsigned SOF body of modules and blocks. */
  REEF(0, 0);

  private final int keyBits;
  private final int hashBytes;

  FirmwareFamily(int keyBits, int hashBytes) {
    this.keyBits = keyBits;
    this.hashBytes = hashBytes;
  }

  /**
   * The RSA modulus length this family signs with.
   *
   * @return bits, 0 for {@link #REEF}
   */
  public int keyBits() {
    return keyBits;
  }

  /**
   * The length of the hashes around the code (module hashes are SHA-256 in every family).
   *
   * @return bytes, 0 for {@link #REEF}
   */
  public int hashBytes() {
    return hashBytes;
  }
}
