package dev.vflux.firmware;

import static dev.vflux.firmware.FirmwareErrorKind.BAD_MAGIC;
import static dev.vflux.firmware.FirmwareErrorKind.BAD_SIZE;
import static dev.vflux.firmware.FirmwareErrorKind.BAD_VERSION;
import static dev.vflux.firmware.FirmwareErrorKind.OUT_OF_BOUNDS;
import static dev.vflux.firmware.FirmwareErrorKind.UNSUPPORTED;

import java.math.BigInteger;
import java.util.List;
import java.util.Optional;

/**
 * The CSS header: the public key, the signature, and how many bytes after it are signed (rimage
 * {@code css.h}).
 *
 * @param offset where it starts in the payload
 * @param headerLength bytes with key and signature: 0x284 (RSA-2048) or 0x384 (RSA-3072)
 * @param size bytes of header and signed area
 * @param moduleType 4, or 6 on cAVS 1.5
 * @param headerVersion 0x10000 or 0x21000
 * @param reserved0 the dword after the version; bit 0 is set in some images signed by Intel
 * @param vendor 0x8086
 * @param date the date as eight hexadecimal digits, year first
 * @param version the version of the manifest; absent on cAVS 1.5
 * @param svn the security version number; 0 on cAVS 1.5, which has none
 * @param modulus the RSA modulus
 * @param exponent the RSA public exponent, 32 bits
 * @param signature the signature as an integer
 */
public record CssManifest(
    long offset,
    long headerLength,
    long size,
    long moduleType,
    long headerVersion,
    long reserved0,
    long vendor,
    String date,
    Optional<FirmwareVersion> version,
    long svn,
    BigInteger modulus,
    long exponent,
    BigInteger signature) {

  static final int KEY_AT = 0x80;
  static final int RSA_2048_HEADER_DWORDS = 161;
  static final int RSA_3072_HEADER_DWORDS = 225;
  static final long RSA_2048_VERSION = 0x10000;
  static final long RSA_3072_VERSION = 0x21000;
  static final long INTEL = 0x8086;
  static final long MODULE_TYPE = 4;
  static final String MAGIC = "$MN2";

  /**
   * The modulus length the header is laid out for.
   *
   * @return bits, 2048 or 3072
   */
  public int keyBits() {
    return keyBytes(headerLength) * 8;
  }

  /**
   * What the signature is computed over: the header up to the key, and what follows the signature.
   *
   * @return two ranges, in the order they are hashed
   */
  public List<ByteRange> signedRanges() {
    return List.of(
        new ByteRange(offset, KEY_AT), ByteRange.between(offset + headerLength, offset + size));
  }

  /**
   * Header, key, signature and signed area: changing any byte of it breaks the signature.
   *
   * @return the range
   */
  public ByteRange range() {
    return new ByteRange(offset, size);
  }

  /** The CSS header of a {@code $CPD} image; {@code entry} spans the manifest entry. */
  static CssManifest parse(Bytes entry, long offset) {
    if (!entry.ascii(0x1c, 4).equals(MAGIC)) {
      throw entry.error(BAD_MAGIC, 0x1c, "found " + Bytes.hex(entry.u32(0x1c)) + ", not " + MAGIC);
    }
    if (entry.u32(0) != MODULE_TYPE) {
      throw entry.error(UNSUPPORTED, 0, "module type " + entry.u32(0));
    }
    return read(
        entry,
        offset,
        new Lengths(entry, 0x78, 0x7c),
        Optional.of(FirmwareVersion.read(entry, 0x24)),
        entry.u32(0x2c));
  }

  /** The CSS header of cAVS 1.5, at the start of the payload. */
  static CssManifest parseCavs15(Bytes payload) {
    Lengths lengths = new Lengths(payload, 0x20, 0x24);
    if (lengths.headerDwords != RSA_2048_HEADER_DWORDS) {
      throw payload.error(BAD_SIZE, 4, "header of " + lengths.headerDwords + " dwords");
    }
    return read(payload, 0, lengths, Optional.empty(), 0);
  }

  private static final class Lengths {
    final long headerDwords;
    final long sizeDwords;

    Lengths(Bytes css, long modulusSizeAt, long exponentSizeAt) {
      headerDwords = css.u32(4);
      sizeDwords = css.u32(0x18);
      if (headerDwords != RSA_2048_HEADER_DWORDS && headerDwords != RSA_3072_HEADER_DWORDS) {
        throw css.error(BAD_SIZE, 4, "header of " + headerDwords + " dwords");
      }
      if (sizeDwords < headerDwords) {
        throw css.error(BAD_SIZE, 0x18, "size " + sizeDwords + " dwords is less than the header's");
      }
      if (4 * sizeDwords > css.length()) {
        throw css.error(
            OUT_OF_BOUNDS, 0x18, "size " + sizeDwords + " dwords in " + css.length() + " bytes");
      }
      if (4 * css.u32(modulusSizeAt) != keyBytes(4 * headerDwords)) {
        throw css.error(
            BAD_SIZE, modulusSizeAt, "modulus of " + css.u32(modulusSizeAt) + " dwords");
      }
      if (css.u32(exponentSizeAt) != 1) {
        throw css.error(
            BAD_SIZE, exponentSizeAt, "exponent of " + css.u32(exponentSizeAt) + " dwords");
      }
    }
  }

  private static CssManifest read(
      Bytes css, long offset, Lengths lengths, Optional<FirmwareVersion> version, long svn) {
    long headerLength = 4 * lengths.headerDwords;
    int keyBytes = keyBytes(headerLength);
    long expected =
        lengths.headerDwords == RSA_2048_HEADER_DWORDS ? RSA_2048_VERSION : RSA_3072_VERSION;
    if (css.u32(8) != expected) {
      throw css.error(BAD_VERSION, 8, "header version " + Bytes.hex(css.u32(8)));
    }
    if (css.u32(0x10) != INTEL) {
      throw css.error(UNSUPPORTED, 0x10, "vendor " + Bytes.hex(css.u32(0x10)));
    }
    return new CssManifest(
        offset,
        headerLength,
        4 * lengths.sizeDwords,
        css.u32(0),
        css.u32(8),
        css.u32(0xc),
        css.u32(0x10),
        Hex.word(css.u32(0x14)),
        version,
        svn,
        Hex.littleEndian(css.copy(KEY_AT, keyBytes)),
        css.u32(KEY_AT + keyBytes),
        Hex.littleEndian(css.copy(KEY_AT + keyBytes + 4L, keyBytes)));
  }

  // 0x80 bytes before the key, four of exponent, the rest is modulus and signature
  private static int keyBytes(long headerLength) {
    return (int) ((headerLength - KEY_AT - 4) / 2);
  }
}
