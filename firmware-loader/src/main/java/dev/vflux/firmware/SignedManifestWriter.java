package dev.vflux.firmware;

import dev.vflux.firmware.Extension.AdspMetadata;
import dev.vflux.firmware.Extension.PartitionHash;
import dev.vflux.firmware.Extension.PartitionInfo;
import dev.vflux.firmware.Extension.SignedPackageInfo;
import dev.vflux.firmware.FirmwareImageBuilder.ManifestLayout;
import dev.vflux.firmware.SignatureScheme.Padding;
import java.nio.ByteBuffer;
import java.security.KeyPair;
import java.security.interfaces.RSAPublicKey;
import java.util.List;

/**
 * Writes everything before {@code $AM1} around finished code: metadata, directory, extensions, CSS
 * header, signature. Each step covers what the one before wrote.
 */
final class SignedManifestWriter {

  private static final int ENTRIES = 3;
  private static final long ISSUED = 0x2024_0101L;
  private static final int ALIGNMENT = 0x40;
  private static final int ACE_SHIFT = 12;
  private static final int ACE_GAP = 0x10;
  private static final long FIRMWARE_BASE = 0x2000;
  private static final int METADATA_MODULE_TYPE = 3;

  private final FirmwareImageBuilder image;
  private final ImageBytes payload;
  private final KeyPair key;
  private final FirmwareFamily family;
  private final int hashBytes;
  private final int css;
  private final int headerEnd;
  private final int metadata;
  private final int metadataEnd;
  private final int firmware;
  private final int extensionsEnd;

  SignedManifestWriter(FirmwareImageBuilder image, ImageBytes payload, KeyPair key) {
    this.image = image;
    this.payload = payload;
    this.key = key;
    family = image.family;
    hashBytes = family.hashBytes();
    css = family == FirmwareFamily.CAVS_1_5 ? 0 : directoryEnd();
    headerEnd = css + CssManifest.KEY_AT + 4 + 2 * family.keyBits() / 8;
    extensionsEnd = headerEnd + packageInfoBytes() + secondExtensionBytes();
    boolean ace = family == FirmwareFamily.ACE_1_5;
    metadata = ace ? extensionsEnd : align(extensionsEnd);
    metadataEnd = metadata + AdspMetadata.bytes(hashBytes);
    firmware = ace ? metadataEnd + ACE_GAP : align(metadataEnd);
  }

  void write() {
    if (family == FirmwareFamily.CAVS_1_5) {
      cssCavs15();
      sign((int) AdspManifest.CPD_AT);
      return;
    }
    fillGaps();
    adspMetadata();
    directory();
    packageInfo();
    if (hasPartitionInfo()) {
      partitionInfo(headerEnd + packageInfoBytes());
    } else {
      partitionHash(headerEnd + packageInfoBytes());
    }
    cssHeader();
    sign(signedEnd());
  }

  private int directoryEnd() {
    return directoryHeader() + ENTRIES * PartitionDirectory.ENTRY_BYTES;
  }

  private int directoryHeader() {
    return family == FirmwareFamily.CAVS_1_8
        ? PartitionDirectory.VERSION_1_BYTES
        : PartitionDirectory.VERSION_2_BYTES;
  }

  private boolean hasPartitionInfo() {
    return family == FirmwareFamily.CAVS_1_8 && image.layout == ManifestLayout.RIMAGE;
  }

  private int hashInModule() {
    return family == FirmwareFamily.ACE_1_5
        ? SignedPackageInfo.ACE_HASH_IN_MODULE
        : SignedPackageInfo.HASH_IN_MODULE;
  }

  private int packageInfoBytes() {
    return SignedPackageInfo.MODULE_AT + hashInModule() + hashBytes;
  }

  private int secondExtensionBytes() {
    return hasPartitionInfo() ? PartitionInfo.BYTES : PartitionHash.HASH_AT + hashBytes + 20;
  }

  private int signedEnd() {
    // as rimage counts it: the ACE signature runs 12 bytes into the metadata
    return family == FirmwareFamily.ACE_1_5 ? extensionsEnd + ACE_SHIFT : extensionsEnd;
  }

  private static int align(int at) {
    return (at + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }

  private String baseName() {
    return family == FirmwareFamily.ACE_1_5 ? "ADSP" : "cavs0015";
  }

  private void fillGaps() {
    // rimage leaves the gaps of cAVS 1.8 images zero, all others are ones
    if (!hasPartitionInfo()) {
      payload.fill(extensionsEnd, metadata, 0xff);
      payload.fill(metadataEnd, firmware, 0xff);
    }
  }

  private void adspMetadata() {
    boolean intel = image.layout == ManifestLayout.INTEL;
    payload.u32(metadata, AdspMetadata.TYPE);
    payload.u32(metadata + 4, metadataEnd - metadata);
    payload.u32(metadata + 8, intel ? 4 : 3);
    ByteRange covered = ByteRange.between(firmware, payload.length());
    payload.bytes(metadata + AdspMetadata.HASH_AT, hash(covered));
    int limits = metadata + AdspMetadata.HASH_AT + hashBytes;
    payload.u32(limits, FIRMWARE_BASE);
    payload.u32(limits + 4, FIRMWARE_BASE + covered.length());
  }

  private void directory() {
    int header = directoryHeader();
    int version = header == PartitionDirectory.VERSION_1_BYTES ? 1 : 2;
    payload.ascii(0, 4, PayloadMagic.CPD);
    payload.u32(4, ENTRIES);
    payload.u8(8, version);
    payload.u8(9, PartitionDirectory.ENTRY_VERSION);
    payload.u8(0xa, header);
    payload.ascii(0xc, 4, "ADSP");
    // the directory of an ACE image is off by this much, in the field too
    int shift = family == FirmwareFamily.ACE_1_5 ? ACE_SHIFT : 0;
    // and its manifest entry ends inside the metadata
    int manifestEnd = shift == 0 ? extensionsEnd : metadataEnd - ACE_GAP;
    entry(0, "ADSP.man", css, manifestEnd - css);
    entry(1, baseName() + ".met", metadata + shift, metadataEnd - metadata);
    entry(2, baseName(), firmware + shift, payload.length() - firmware);
    ByteRange covered = new ByteRange(0, directoryEnd());
    if (version == 1) {
      payload.u8(PartitionDirectory.SUM8_AT, Digests.sum8(payload.view(covered)));
    } else {
      payload.u32(PartitionDirectory.CRC32_AT, Digests.crc32(payload.view(covered)));
    }
  }

  private void entry(int index, String name, int offset, int length) {
    int at = directoryHeader() + index * PartitionDirectory.ENTRY_BYTES;
    payload.ascii(at, PartitionDirectory.NAME_BYTES, name);
    payload.u32(at + 12, offset);
    payload.u32(at + 16, length);
  }

  private void packageInfo() {
    boolean ace = family == FirmwareFamily.ACE_1_5;
    int at = headerEnd;
    payload.u32(at, ace ? SignedPackageInfo.ACE_TYPE : SignedPackageInfo.TYPE);
    payload.u32(at + 4, packageInfoBytes());
    payload.ascii(at + 8, 4, "ADSP");
    payload.u8(at + 0x14, 8);
    int module = at + SignedPackageInfo.MODULE_AT;
    if (ace) {
      payload.u8(module, METADATA_MODULE_TYPE);
      payload.u32(module + 4, metadataEnd - metadata);
    } else {
      metadataModule(module);
      payload.u8(module + 0xd, hashBytes == 32 ? 2 : 0);
      payload.u16(module + 0xe, hashBytes);
    }
    payload.bytes(module + hashInModule(), metadataHash());
  }

  private void metadataModule(int module) {
    payload.ascii(module, PartitionDirectory.NAME_BYTES, baseName() + ".met");
    payload.u8(module + 0xc, METADATA_MODULE_TYPE);
    payload.u32(module + 0x10, metadataEnd - metadata);
  }

  private byte[] metadataHash() {
    return Hex.reverse(hash(ByteRange.between(metadata, metadataEnd)));
  }

  private void partitionInfo(int at) {
    payload.u32(at, PartitionInfo.TYPE);
    payload.u32(at + 4, PartitionInfo.BYTES);
    payload.ascii(at + 8, 4, "ADSP");
    payload.u32(at + 0xc, payload.length());
    payload.u32(at + 0x34, 0x1000_0000L);
    payload.u32(at + 0x3c, 1);
    payload.fill(at + 0x44, at + 0x58, 0xff);
    metadataModule(at + 0x58);
    payload.fill(at + 0x65, at + 0x68, 0xff);
    payload.bytes(at + 0x6c, metadataHash());
  }

  private void partitionHash(int at) {
    payload.u32(at, PartitionHash.TYPE);
    payload.u32(at + 4, secondExtensionBytes());
    payload.ascii(at + 8, 4, "ADSP");
    payload.u32(at + 0xc, payload.length());
    payload.u32(at + 0x14, 0x1000_0000L);
    payload.u32(at + 0x18, 1);
    // cAVS 2.5 images leave it out
    if (family != FirmwareFamily.CAVS_2_5) {
      byte[] hash = hash(new ByteRange(0, css), ByteRange.between(signedEnd(), payload.length()));
      payload.bytes(at + PartitionHash.HASH_AT, Hex.reverse(hash));
    }
  }

  private void cssHeader() {
    boolean rsa2048 = family.keyBits() == 2048;
    payload.u32(css, CssManifest.MODULE_TYPE);
    payload.u32(
        css + 4, rsa2048 ? CssManifest.RSA_2048_HEADER_DWORDS : CssManifest.RSA_3072_HEADER_DWORDS);
    payload.u32(css + 8, rsa2048 ? CssManifest.RSA_2048_VERSION : CssManifest.RSA_3072_VERSION);
    payload.u32(css + 0x10, CssManifest.INTEL);
    payload.u32(css + 0x14, ISSUED);
    payload.u32(css + 0x18, (signedEnd() - css) / 4);
    payload.ascii(css + 0x1c, 4, CssManifest.MAGIC);
    payload.u16(css + 0x24, image.version.major());
    payload.u16(css + 0x26, image.version.minor());
    payload.u16(css + 0x28, image.version.micro());
    payload.u16(css + 0x2a, image.version.build());
    payload.u32(css + 0x78, family.keyBits() / 32);
    payload.u32(css + 0x7c, 1);
  }

  private void cssCavs15() {
    payload.u32(0, PayloadMagic.CAVS_1_5_MODULE_TYPE);
    payload.u32(4, CssManifest.RSA_2048_HEADER_DWORDS);
    payload.u32(8, CssManifest.RSA_2048_VERSION);
    payload.u32(0x10, CssManifest.INTEL);
    payload.u32(0x14, ISSUED);
    payload.u32(0x18, AdspManifest.CPD_AT / 4);
    payload.u32(0x1c, family.keyBits() / 32);
    payload.u32(0x20, family.keyBits() / 32);
    payload.u32(0x24, 1);
  }

  private void sign(int end) {
    RSAPublicKey publicKey = (RSAPublicKey) key.getPublic();
    int keyBytes = family.keyBits() / 8;
    int modulus = css + CssManifest.KEY_AT;
    payload.bytes(modulus, Hex.reverse(Hex.bigEndian(publicKey.getModulus(), keyBytes)));
    payload.u32(modulus + keyBytes, RsaSignatures.exponentOf(family));
    Padding padding = RsaSignatures.paddingOf(family);
    List<ByteBuffer> signed =
        List.of(
            payload.view(new ByteRange(css, CssManifest.KEY_AT)),
            payload.view(ByteRange.between(headerEnd, end)));
    byte[] signature = RsaSignatures.sign(key.getPrivate(), padding, image.saltLength, signed);
    payload.bytes(modulus + keyBytes + 4, Hex.reverse(signature));
  }

  private byte[] hash(ByteRange... ranges) {
    return Digests.of(
        Digests.ofLength(hashBytes), List.of(ranges).stream().map(payload::view).toList());
  }
}
