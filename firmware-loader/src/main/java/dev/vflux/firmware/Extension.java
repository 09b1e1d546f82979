package dev.vflux.firmware;

/**
 * A typed record after the CSS header (rimage {@code plat_auth.h}, SOF {@code user/manifest.h}).
 * Hashes are where the image holds them; {@link FirmwareImage#verify} says whether they are right.
 */
public sealed interface Extension {

  /**
   * The type as stored.
   *
   * @return for instance 0x0f
   */
  long type();

  /**
   * The whole extension.
   *
   * @return its bytes in the payload
   */
  ByteRange range();

  /**
   * Types 0x0f and (ACE) 0x23: which metadata the signature vouches for.
   *
   * @param type 0x0f or 0x23
   * @param range its bytes
   * @param name the partition, {@code ADSP}
   * @param vcn version control number
   * @param svn security version number
   * @param metadataSize bytes of the metadata extension
   * @param metadataHash its hash, byte order reversed
   */
  record SignedPackageInfo(
      long type,
      ByteRange range,
      String name,
      long vcn,
      long svn,
      long metadataSize,
      StoredHash metadataHash)
      implements Extension {
    static final int TYPE = 0x0f;
    static final int ACE_TYPE = 0x23;
    static final int MODULE_AT = 0x34;
    static final int HASH_IN_MODULE = 20;
    static final int ACE_HASH_IN_MODULE = 8;
  }

  /**
   * Type 0x03: the metadata hash once more, and a partition hash nobody fills in.
   *
   * @param range its bytes
   * @param name the partition, {@code ADSP}
   * @param size length field in bytes
   * @param partitionHash zero in every known image
   * @param vcn version control number
   * @param metadataSize bytes of the metadata extension
   * @param metadataHash its hash, byte order reversed
   */
  record PartitionInfo(
      ByteRange range,
      String name,
      long size,
      StoredHash partitionHash,
      long vcn,
      long metadataSize,
      StoredHash metadataHash)
      implements Extension {
    static final int TYPE = 0x03;
    static final int BYTES = 0x8c;

    @Override
    public long type() {
      return TYPE;
    }
  }

  /**
   * Type 0x16: a hash over everything but the CSS manifest.
   *
   * @param range its bytes
   * @param name the partition, {@code ADSP}
   * @param size size field in bytes
   * @param hash byte order reversed; zero means none
   */
  record PartitionHash(ByteRange range, String name, long size, StoredHash hash)
      implements Extension {
    static final int TYPE = 0x16;
    static final int HASH_AT = 0x24;

    @Override
    public long type() {
      return TYPE;
    }
  }

  /**
   * Type 0x11: the ADSP metadata, with the hash of the firmware.
   *
   * @param range its bytes
   * @param imrType 3 in community builds, 4 in images signed by Intel
   * @param firmwareHash hash of the firmware entry, byte order as computed
   * @param baseOffset 0x2000
   * @param limitOffset base offset plus the length of the firmware entry
   */
  record AdspMetadata(
      ByteRange range, long imrType, StoredHash firmwareHash, long baseOffset, long limitOffset)
      implements Extension {
    static final int TYPE = 0x11;
    static final int HASH_AT = 0x28;

    static int bytes(int hashBytes) {
      return HASH_AT + hashBytes + 24;
    }

    @Override
    public long type() {
      return TYPE;
    }
  }

  /**
   * Any other type; skipped by its length.
   *
   * @param type the type as stored
   * @param range its bytes
   */
  record Unknown(long type, ByteRange range) implements Extension {}
}
