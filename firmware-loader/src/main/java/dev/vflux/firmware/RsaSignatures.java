package dev.vflux.firmware;

import dev.vflux.firmware.SignatureScheme.Padding;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import java.security.spec.RSAPublicKeySpec;
import java.util.List;
import java.util.Optional;

/** RSA signatures of both kinds, through the JDK. Big-endian, as the JDK has them. */
final class RsaSignatures {

  static final int INTEL_SALT_BYTES = 48;
  static final int RIMAGE_SALT_BYTES = 32;

  private RsaSignatures() {}

  static Padding paddingOf(FirmwareFamily family) {
    return family.keyBits() == 2048 ? Padding.PKCS1_SHA256 : Padding.PSS_SHA384;
  }

  /** The exponents a family may have, that of real images first; anything small is a forgery. */
  static List<Long> exponentsOf(FirmwareFamily family) {
    return family == FirmwareFamily.CAVS_1_5 ? List.of(17L, 65537L) : List.of(65537L);
  }

  static long exponentOf(FirmwareFamily family) {
    return exponentsOf(family).get(0);
  }

  static String fingerprint(BigInteger modulus, int keyBits) {
    byte[] bigEndian = Hex.bigEndian(modulus, keyBits / 8);
    return Hex.of(Digests.of(Digests.sha256(), List.of(ByteBuffer.wrap(bigEndian))));
  }

  /** The key, or empty when the JDK refuses such a key. */
  static Optional<RSAPublicKey> publicKey(BigInteger modulus, long exponent) {
    try {
      PublicKey key =
          KeyFactory.getInstance("RSA")
              .generatePublic(new RSAPublicKeySpec(modulus, BigInteger.valueOf(exponent)));
      return Optional.of((RSAPublicKey) key);
    } catch (InvalidKeySpecException e) {
      return Optional.empty();
    } catch (GeneralSecurityException e) {
      throw noRsa(e);
    }
  }

  /** Whether the signature fits; the salt length matters to PSS only. */
  static boolean fits(
      RSAPublicKey key,
      Padding padding,
      int saltLength,
      List<ByteBuffer> signedParts,
      byte[] signature) {
    try {
      Signature verifier = of(padding, saltLength);
      verifier.initVerify(key);
      for (ByteBuffer part : signedParts) {
        verifier.update(part.duplicate());
      }
      return verifier.verify(signature);
    } catch (SignatureException e) {
      // a signature that is not a number below the modulus, or has no padding at all
      return false;
    } catch (GeneralSecurityException e) {
      throw noRsa(e);
    }
  }

  static byte[] sign(
      PrivateKey key, Padding padding, int saltLength, List<ByteBuffer> signedParts) {
    try {
      Signature signer = of(padding, saltLength);
      signer.initSign(key);
      for (ByteBuffer part : signedParts) {
        signer.update(part.duplicate());
      }
      return signer.sign();
    } catch (GeneralSecurityException e) {
      throw noRsa(e);
    }
  }

  private static Signature of(Padding padding, int saltLength) throws GeneralSecurityException {
    if (padding == Padding.PKCS1_SHA256) {
      return Signature.getInstance("SHA256withRSA");
    }
    Signature pss = Signature.getInstance("RSASSA-PSS");
    pss.setParameter(
        new PSSParameterSpec("SHA-384", "MGF1", MGF1ParameterSpec.SHA384, saltLength, 1));
    return pss;
  }

  private static IllegalStateException noRsa(GeneralSecurityException e) {
    return new IllegalStateException("the security providers of this JDK lack RSA signatures", e);
  }
}
