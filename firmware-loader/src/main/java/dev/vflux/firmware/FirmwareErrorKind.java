package dev.vflux.firmware;

/** What is wrong with a firmware image. One kind per error, whatever structure it was found in. */
public enum FirmwareErrorKind {
  /** There are no bytes at all. */
  EMPTY,
  /** The bytes end before a structure that must be there is complete. */
  TRUNCATED,
  /** An offset, a length or a count points outside the bytes it belongs to. */
  OUT_OF_BOUNDS,
  /** A size contradicts another size, is below its minimum or above a stated limit. */
  BAD_SIZE,
  /** Something that must be there is not: a file, a directory entry, an extension, a signature. */
  MISSING,
  /** The bytes that name a structure are others. */
  BAD_MAGIC,
  /** A version this parser does not know. */
  BAD_VERSION,
  /** The checksum of the partition directory is wrong. */
  BAD_CHECKSUM,
  /** A format that has a name but is not supported here. */
  UNSUPPORTED,
  /** Two things share bytes of the file or addresses of the DSP. */
  OVERLAP,
  /** A hash does not fit the bytes it covers. */
  HASH_MISMATCH,
  /** The signature does not fit the signed bytes and the embedded key. */
  BAD_SIGNATURE,
  /** The embedded public key is not one that may sign: exponent or modulus out of the ordinary. */
  BAD_KEY
}
