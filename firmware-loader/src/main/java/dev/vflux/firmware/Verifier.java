package dev.vflux.firmware;

import static dev.vflux.firmware.FirmwareErrorKind.BAD_CHECKSUM;
import static dev.vflux.firmware.FirmwareErrorKind.BAD_KEY;
import static dev.vflux.firmware.FirmwareErrorKind.BAD_SIGNATURE;
import static dev.vflux.firmware.FirmwareErrorKind.BAD_SIZE;
import static dev.vflux.firmware.FirmwareErrorKind.HASH_MISMATCH;
import static dev.vflux.firmware.FirmwareErrorKind.OUT_OF_BOUNDS;

import dev.vflux.firmware.SignatureScheme.Padding;
import java.nio.ByteBuffer;
import java.security.interfaces.RSAPublicKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Runs every check a signed body has, in the order of the chain. One use each. */
final class Verifier {

  static final String CHECKSUM = "cpd.header";

  private final SignedBody body;
  private final List<Check> checks = new ArrayList<>();
  private int saltLength;

  Verifier(SignedBody body) {
    this.body = body;
  }

  VerificationReport verify() {
    body.directory().ifPresent(this::checksum);
    signature(key());
    for (Extension extension : body.extensions()) {
      if (extension instanceof Extension.SignedPackageInfo info) {
        metadata("signed-package:metadata", info.metadataHash(), info.metadataSize());
      } else if (extension instanceof Extension.PartitionInfo info) {
        metadata("partition-info:metadata", info.metadataHash(), info.metadataSize());
      } else if (extension instanceof Extension.PartitionHash info) {
        partition(info);
      } else if (extension instanceof Extension.AdspMetadata info) {
        firmware(info);
      }
    }
    body.adsp().modules().forEach(this::module);
    CssManifest css = body.css();
    String fingerprint = RsaSignatures.fingerprint(css.modulus(), css.keyBits());
    return new VerificationReport(
        body.family(),
        checks,
        Optional.of(new Signer(fingerprint, KnownKey.byFingerprint(fingerprint))),
        Optional.of(new SignatureScheme(css.keyBits(), padding(), saltLength)),
        body.payload().length());
  }

  private Padding padding() {
    return RsaSignatures.paddingOf(body.family());
  }

  private void checksum(PartitionDirectory directory) {
    ByteBuffer bytes = body.payload().view(directory.range());
    boolean sum8 = directory.headerVersion() == 1;
    long computed = sum8 ? Digests.sum8(bytes) : Digests.crc32(bytes);
    add(
        CHECKSUM,
        List.of(directory.range()),
        computed == directory.checksum() ? Optional.empty() : Optional.of(BAD_CHECKSUM),
        sum8 ? PartitionDirectory.SUM8_AT : PartitionDirectory.CRC32_AT,
        (sum8 ? "8-bit sum " : "CRC-32 ")
            + Bytes.hex(directory.checksum())
            + ", computed "
            + Bytes.hex(computed));
  }

  private Optional<RSAPublicKey> key() {
    CssManifest css = body.css();
    List<Long> wanted = RsaSignatures.exponentsOf(body.family());
    String problem = "";
    if (!wanted.contains(css.exponent())) {
      problem = "exponent " + css.exponent() + ", known are " + wanted;
    } else if (!css.modulus().testBit(0)) {
      problem = "modulus is even";
    } else if (css.modulus().bitLength() != css.keyBits()) {
      problem = "modulus has " + css.modulus().bitLength() + " bits, not " + css.keyBits();
    }
    Optional<RSAPublicKey> key =
        problem.isEmpty()
            ? RsaSignatures.publicKey(css.modulus(), css.exponent())
            : Optional.empty();
    add(
        "key",
        List.of(new ByteRange(css.offset() + CssManifest.KEY_AT, css.keyBits() / 8 + 4L)),
        key.isPresent() ? Optional.empty() : Optional.of(BAD_KEY),
        css.offset() + CssManifest.KEY_AT,
        problem.isEmpty() ? "RSA-" + css.keyBits() + ", exponent " + css.exponent() : problem);
    return key;
  }

  private void signature(Optional<RSAPublicKey> key) {
    CssManifest css = body.css();
    boolean fits = key.isPresent() && fits(key.get(), css);
    add(
        "signature",
        List.of(css.range()),
        fits ? Optional.empty() : Optional.of(key.isPresent() ? BAD_SIGNATURE : BAD_KEY),
        css.offset() + CssManifest.KEY_AT + 4L + css.keyBits() / 8,
        new SignatureScheme(css.keyBits(), padding(), saltLength) + " over " + css.signedRanges());
  }

  private boolean fits(RSAPublicKey key, CssManifest css) {
    List<ByteBuffer> parts = css.signedRanges().stream().map(body.payload()::view).toList();
    byte[] signature = Hex.bigEndian(css.signature(), css.keyBits() / 8);
    if (padding() == Padding.PKCS1_SHA256) {
      return RsaSignatures.fits(key, padding(), 0, parts, signature);
    }
    // the JDK wants the salt length beforehand, the image does not say it
    for (int salt : new int[] {RsaSignatures.INTEL_SALT_BYTES, RsaSignatures.RIMAGE_SALT_BYTES}) {
      if (RsaSignatures.fits(key, padding(), salt, parts, signature)) {
        saltLength = salt;
        return true;
      }
    }
    return false;
  }

  private void metadata(String name, StoredHash stored, long size) {
    ByteRange range = body.metadata().orElseThrow().range();
    if (size != range.length()) {
      add(
          name,
          List.of(range),
          Optional.of(BAD_SIZE),
          stored.range().offset(),
          "metadata of " + size + " bytes is vouched for, there are " + range.length());
      return;
    }
    hash(name, stored, List.of(range), true);
  }

  private void partition(Extension.PartitionHash info) {
    if (info.hash().isZero()) {
      absent("partition-hash", info.hash(), "all zero: not used");
      return;
    }
    CssManifest css = body.css();
    hash(
        "partition-hash",
        info.hash(),
        List.of(
            new ByteRange(0, css.offset()),
            ByteRange.between(css.range().end(), body.payload().length())),
        true);
  }

  private void firmware(Extension.AdspMetadata info) {
    hash(
        "adsp-metadata:firmware",
        info.firmwareHash(),
        List.of(body.firmware().orElseThrow()),
        false);
  }

  private void module(AdspModule module) {
    String name = "module:" + module.name();
    if (module.hash().isZero()) {
      absent(name, module.hash(), "all zero: no code of its own");
      return;
    }
    long length = body.payload().length();
    boolean elsewhere =
        body.family() == FirmwareFamily.CAVS_1_5
            && module.segments().stream().anyMatch(s -> s.loaded() && s.fileOffset() >= length);
    if (elsewhere) {
      absent(name, module.hash(), "the code is in a file of its own");
      return;
    }
    ByteRange range = module.hashedRange();
    if (!body.payload().holds(range.offset(), range.length())) {
      add(
          name,
          List.of(),
          Optional.of(OUT_OF_BOUNDS),
          module.hash().range().offset(),
          "the hash is over " + range + ", past the payload");
      return;
    }
    hash(name, module.hash(), List.of(range), false);
  }

  private void hash(String name, StoredHash stored, List<ByteRange> ranges, boolean reversed) {
    int length = (int) stored.range().length();
    byte[] computed =
        Digests.of(Digests.ofLength(length), ranges.stream().map(body.payload()::view).toList());
    boolean equal = Hex.of(reversed ? Hex.reverse(computed) : computed).equals(stored.hex());
    add(
        name,
        ranges,
        equal ? Optional.empty() : Optional.of(HASH_MISMATCH),
        stored.range().offset(),
        "SHA-" + 8 * length + (reversed ? ", reversed, over " : " over ") + ranges);
  }

  private void absent(String name, StoredHash stored, String detail) {
    checks.add(Check.absent(name, body.payload().fileOffset(stored.range().offset()), detail));
  }

  private void add(
      String name,
      List<ByteRange> regions,
      Optional<FirmwareErrorKind> failure,
      long payloadOffset,
      String detail) {
    checks.add(Check.of(name, regions, failure, body.payload().fileOffset(payloadOffset), detail));
  }
}
