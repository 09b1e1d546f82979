package dev.vflux.firmware;

/**
 * A segment of a module: {@code struct sof_man_segment_desc} of SOF {@code user/manifest.h}.
 *
 * @param flags bit 0 contents, 1 alloc, 2 load, 3 readonly, 4 code, 5 data, 11:8 type, 31:16 pages
 * @param address where the DSP has it
 * @param fileOffset where the payload has it, in bytes
 */
public record ModuleSegment(long flags, long address, long fileOffset) {

  static final int BYTES = 12;
  static final int PAGE_BYTES = 4096;

  /** What bits 11:8 of the flags say. */
  public enum Type {
    /** 0: code. */
    TEXT,
    /** 1: read-only or initialised data. */
    RODATA,
    /** 2: zeroed memory, no bytes in the file. */
    BSS,
    /** 15, or anything else: not used. */
    EMPTY
  }

  /**
   * The type.
   *
   * @return bits 11:8 of the flags
   */
  public Type type() {
    return switch ((int) (flags >> 8 & 0xf)) {
      case 0 -> Type.TEXT;
      case 1 -> Type.RODATA;
      case 2 -> Type.BSS;
      default -> Type.EMPTY;
    };
  }

  /**
   * The size in pages of 4096 bytes.
   *
   * @return 0 to 65535
   */
  public int pages() {
    return (int) (flags >>> 16);
  }

  /**
   * The size in bytes.
   *
   * @return pages times 4096
   */
  public long length() {
    return (long) pages() * PAGE_BYTES;
  }

  /**
   * Whether the segment has bytes of its own in the file: the load flag, text or data, not empty.
   * Modules built into the base firmware have a text segment without the load flag.
   *
   * @return true when it has
   */
  public boolean loaded() {
    return (flags & 1 << 2) != 0 && pages() > 0 && (type() == Type.TEXT || type() == Type.RODATA);
  }

  static ModuleSegment read(Bytes from, long at) {
    return new ModuleSegment(from.u32(at), from.u32(at + 4), from.u32(at + 8));
  }
}
