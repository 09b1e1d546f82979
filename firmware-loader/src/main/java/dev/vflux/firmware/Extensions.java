package dev.vflux.firmware;

import static dev.vflux.firmware.FirmwareErrorKind.BAD_SIZE;

import dev.vflux.firmware.Extension.AdspMetadata;
import dev.vflux.firmware.Extension.PartitionHash;
import dev.vflux.firmware.Extension.PartitionInfo;
import dev.vflux.firmware.Extension.SignedPackageInfo;
import dev.vflux.firmware.Extension.Unknown;

/** Reads one extension of any type. */
final class Extensions {

  private Extensions() {}

  /** {@code bytes} spans one extension; {@code offset} is where it starts in the payload. */
  static Extension parse(Bytes bytes, long offset, int hashBytes) {
    ByteRange range = new ByteRange(offset, bytes.length());
    return switch ((int) Math.min(bytes.u32(0), Integer.MAX_VALUE)) {
      case SignedPackageInfo.TYPE ->
          signedPackage(bytes, range, SignedPackageInfo.HASH_IN_MODULE, 0x10, hashBytes);
      case SignedPackageInfo.ACE_TYPE ->
          signedPackage(bytes, range, SignedPackageInfo.ACE_HASH_IN_MODULE, 4, hashBytes);
      case PartitionInfo.TYPE -> partitionInfo(bytes, range, hashBytes);
      case PartitionHash.TYPE -> {
        require(bytes, PartitionHash.HASH_AT + hashBytes);
        yield new PartitionHash(
            range,
            bytes.ascii(8, 4),
            bytes.u32(0xc),
            StoredHash.read(bytes, PartitionHash.HASH_AT, hashBytes, offset));
      }
      case AdspMetadata.TYPE -> metadata(bytes.named("adsp_meta"), range, hashBytes);
      default -> new Unknown(bytes.u32(0), range);
    };
  }

  private static SignedPackageInfo signedPackage(
      Bytes bytes, ByteRange range, int hashAt, int metadataSizeAt, int hashBytes) {
    int module = SignedPackageInfo.MODULE_AT;
    require(bytes, module + hashAt + hashBytes);
    return new SignedPackageInfo(
        bytes.u32(0),
        range,
        bytes.ascii(8, 4),
        bytes.u32(0xc),
        bytes.u32(0x20),
        bytes.u32(module + metadataSizeAt),
        StoredHash.read(bytes, module + hashAt, hashBytes, range.offset()));
  }

  private static PartitionInfo partitionInfo(Bytes bytes, ByteRange range, int hashBytes) {
    require(bytes, PartitionInfo.BYTES + hashBytes - 32);
    return new PartitionInfo(
        range,
        bytes.ascii(8, 4),
        bytes.u32(0xc),
        StoredHash.read(bytes, 0x10, 32, range.offset()),
        bytes.u32(0x30),
        bytes.u32(0x68),
        StoredHash.read(bytes, 0x6c, hashBytes, range.offset()));
  }

  private static AdspMetadata metadata(Bytes bytes, ByteRange range, int hashBytes) {
    if (bytes.length() != AdspMetadata.bytes(hashBytes)) {
      throw bytes.error(BAD_SIZE, 4, "length " + bytes.length());
    }
    long limits = AdspMetadata.HASH_AT + (long) hashBytes;
    AdspMetadata metadata =
        new AdspMetadata(
            range,
            bytes.u32(8),
            StoredHash.read(bytes, AdspMetadata.HASH_AT, hashBytes, range.offset()),
            bytes.u32(limits),
            bytes.u32(limits + 4));
    if (metadata.limitOffset() < metadata.baseOffset()) {
      throw bytes.error(
          BAD_SIZE,
          limits,
          "limit " + Bytes.hex(metadata.limitOffset()) + " is below the base offset");
    }
    return metadata;
  }

  private static void require(Bytes bytes, int least) {
    if (bytes.length() < least) {
      throw bytes.error(
          BAD_SIZE,
          4,
          "type " + Bytes.hex(bytes.u32(0)) + " is " + bytes.length() + " bytes, needs " + least);
    }
  }
}
