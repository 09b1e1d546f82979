package dev.vflux.firmware;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import java.util.zip.CRC32;

/** The hashes and checksums of the format. */
final class Digests {

  private Digests() {}

  static MessageDigest sha256() {
    return digest("SHA-256");
  }

  /** SHA-256 or SHA-384, by length. */
  static MessageDigest ofLength(int bytes) {
    return digest(bytes == 32 ? "SHA-256" : "SHA-384");
  }

  static byte[] of(MessageDigest digest, List<ByteBuffer> parts) {
    parts.forEach(digest::update);
    return digest.digest();
  }

  /** What makes the sum of all bytes zero modulo 256; the field itself counts as zero. */
  static int sum8(ByteBuffer directory) {
    int sum = 0;
    for (int at = 0; at < directory.remaining(); at++) {
      sum += at == PartitionDirectory.SUM8_AT ? 0 : directory.get(directory.position() + at);
    }
    return -sum & 0xff;
  }

  /** CRC-32 as zlib computes it; the field itself counts as zero. */
  static long crc32(ByteBuffer directory) {
    byte[] copy = new byte[directory.remaining()];
    directory.duplicate().get(copy);
    for (int i = 0; i < 4; i++) {
      copy[PartitionDirectory.CRC32_AT + i] = 0;
    }
    CRC32 crc = new CRC32();
    crc.update(copy);
    return crc.getValue();
  }

  private static MessageDigest digest(String algorithm) {
    try {
      return MessageDigest.getInstance(algorithm);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK since 17 has " + algorithm, e);
    }
  }
}
