package dev.vflux.firmware;

/**
 * How an image is signed.
 *
 * @param keyBits RSA modulus length
 * @param padding PKCS#1 v1.5 with SHA-256, or PSS with SHA-384
 * @param saltLength bytes of PSS salt of the signature that fits: 48 (Intel) or 32 (rimage); 0 for
 *     PKCS#1 v1.5, and for PSS when no signature fits
 */
public record SignatureScheme(int keyBits, Padding padding, int saltLength) {

  /** The two paddings in use. */
  public enum Padding {
    /** RSASSA-PKCS1-v1_5 with SHA-256. */
    PKCS1_SHA256,
    /** RSASSA-PSS with SHA-384 and MGF1-SHA-384. */
    PSS_SHA384
  }

  /** For instance {@code RSA-3072 PSS SHA-384, salt 48}. */
  @Override
  public String toString() {
    return "RSA-"
        + keyBits
        + (padding == Padding.PKCS1_SHA256 ? " PKCS#1 v1.5 SHA-256" : " PSS SHA-384")
        + (saltLength == 0 ? "" : ", salt " + saltLength);
  }
}
