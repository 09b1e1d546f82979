package dev.vflux.firmware;

import java.util.Optional;

/**
 * The key inside an image. It proves who signed only to someone who knows the fingerprint: the key
 * comes with the image.
 *
 * @param fingerprint SHA-256 of the big-endian modulus, 64 lower-case hexadecimal digits
 * @param known whose key that is, when it is one of the published ones
 */
public record Signer(String fingerprint, Optional<KnownKey> known) {

  /**
   * A name for people.
   *
   * @return the owner, or {@code "unknown key"}
   */
  public String name() {
    return known.map(KnownKey::owner).orElse("unknown key");
  }
}
