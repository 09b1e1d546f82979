package dev.vflux.firmware;

import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * The public keys found in the distributed firmware packages, by the SHA-256 of their big-endian
 * modulus. Every machine that left the factory fused for production accepts Intel's key of its
 * platform only.
 */
public enum KnownKey {
  /** Intel's key of Cannon Lake and Comet Lake. */
  INTEL_CNL(
      "Intel, CNL/CML",
      "42070fa86c2a4c4956c10b3737052bf5ccc3ccf8018323e6e91b5920e29e5e9a",
      "CNL",
      "CML",
      "CFL"),
  /** Intel's key of Ice Lake. */
  INTEL_ICL(
      "Intel, ICL", "a3ef139702a126af67657c7a2f7e590a3c6b347ae88e1afe95f727572e3e5ed4", "ICL"),
  /** Intel's key of Jasper Lake. */
  INTEL_JSL(
      "Intel, JSL", "f5ae863e5e9b1d9d240030259e2f49ff939906c6c7aa66fdf33b0d77f9718b2d", "JSL"),
  /** Intel's key of Apollo Lake and Gemini Lake. */
  INTEL_APL(
      "Intel, APL/GLK",
      "86792b08831f88e01b5e165d1454e8e83efa4d97abb210aa74065ec222968543",
      "APL",
      "GLK"),
  /** Intel's key of Tiger Lake and Tiger Lake H. */
  INTEL_TGL(
      "Intel, TGL, TGL-H",
      "79544ea1cf740417dc95b7696f9a296ae00b34e8ea5871932c7d127fccd3d717",
      "TGL",
      "TGL-H"),
  /** Intel's key of Alder Lake, Alder Lake S and Raptor Lake S. */
  INTEL_ADL(
      "Intel, ADL, ADL-S, RPL-S",
      "e1668add842ebc1607cdebab6a107487493ae36e314243f320e842ebf48526ab",
      "ADL",
      "ADL-S",
      "RPL-S"),
  /** Intel's key of Alder Lake N. */
  INTEL_ADL_N(
      "Intel, ADL-N", "c380e4660162ba3d03c5b389d647a8715d2a90c8758198a58c9b00b897130448", "ADL-N"),
  /** Intel's key of Elkhart Lake. */
  INTEL_EHL(
      "Intel, EHL", "c3e4cd44b7caa071b01f122cd28c5cba9ceb6ad4441d4e8c8893853ef5349620", "EHL"),
  /** Intel's key of Meteor Lake. */
  INTEL_MTL(
      "Intel, MTL", "dbde11ad770eb1ac09320f8d9d1d9a58147d986bffe5d600efaff6b1622300e6", "MTL"),
  /** Intel's key of Arrow Lake S. */
  INTEL_ARL_S(
      "Intel, ARL-S", "1649007a1feed079d2c087ce2e1a3543fc330290c8051a5f77a6a5af9b993390", "ARL-S"),
  /** Intel's key of Lunar Lake. */
  INTEL_LNL(
      "Intel, LNL", "a79ccf7c4f230d75368bd389b08b271acd3d05be834fc4b2b85b3fc133f2cb97", "LNL"),
  /** Intel's key of Skylake and Kaby Lake. */
  INTEL_SKL(
      "Intel, SKL/KBL",
      "3f9cad2778f60b387d2238094f9f176036c02a07d138806e276fb7116392ef30",
      "SKL",
      "KBL"),
  /** The published key of the SOF community for RSA-2048 platforms. */
  COMMUNITY_RSA_2048(
      "SOF community, RSA-2048",
      "4b9da7e88a2f783aa48b1bb7c41702cc5ddb03305fdc92e7d2bc159da8c33201"),
  /** The published key of the SOF community for RSA-3072 platforms. */
  COMMUNITY_RSA_3072(
      "SOF community, RSA-3072",
      "cd7b1d52387bd55911399ed036fa59127febcbfd9fecad7bd4f2dad24c5d747b");

  private final String owner;
  private final String fingerprint;

  @SuppressWarnings("ImmutableEnumChecker")
  private final Set<String> platforms;

  KnownKey(String owner, String fingerprint, String... platforms) {
    this.owner = owner;
    this.fingerprint = fingerprint;
    this.platforms = Set.of(platforms);
  }

  /**
   * The key with a given fingerprint.
   *
   * @param fingerprint 64 hexadecimal digits, either case
   * @return the key, or empty when it is not known
   */
  public static Optional<KnownKey> byFingerprint(String fingerprint) {
    String wanted = fingerprint.toLowerCase(Locale.ROOT);
    for (KnownKey key : values()) {
      if (key.fingerprint.equals(wanted)) {
        return Optional.of(key);
      }
    }
    return Optional.empty();
  }

  /**
   * Whose key it is and for which platforms.
   *
   * @return for instance {@code "Intel, CNL/CML"}
   */
  public String owner() {
    return owner;
  }

  /**
   * SHA-256 of the big-endian modulus.
   *
   * @return 64 lower-case hexadecimal digits
   */
  public String fingerprint() {
    return fingerprint;
  }

  /**
   * The platforms whose production fuses hold this key.
   *
   * @return names such as {@code "CNL"}; empty for the community keys, which no fuse holds
   */
  public Set<String> platforms() {
    return platforms;
  }
}
