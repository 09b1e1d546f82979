package dev.vflux.firmware;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.spec.RSAKeyGenParameterSpec;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Key pairs for images of one's own; they live in memory only. Any thread. */
public final class SigningKeys {

  private static final Map<FirmwareFamily, KeyPair> OF_THIS_PROCESS = new ConcurrentHashMap<>();

  private SigningKeys() {}

  /**
   * Generates a pair with the length and the exponent a family wants. Takes up to a few seconds.
   *
   * @param family any signed family
   * @return a new pair
   * @throws IllegalArgumentException for {@link FirmwareFamily#REEF}
   */
  public static KeyPair generate(FirmwareFamily family) {
    if (family == FirmwareFamily.REEF) {
      throw new IllegalArgumentException("a Reef image is not signed");
    }
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
      generator.initialize(
          new RSAKeyGenParameterSpec(
              family.keyBits(), BigInteger.valueOf(RsaSignatures.exponentOf(family))));
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK cannot generate RSA keys", e);
    }
  }

  static KeyPair ofThisProcess(FirmwareFamily family) {
    FirmwareFamily sameKind = family == FirmwareFamily.ACE_1_5 ? FirmwareFamily.CAVS_2_5 : family;
    return OF_THIS_PROCESS.computeIfAbsent(sameKind, SigningKeys::generate);
  }
}
