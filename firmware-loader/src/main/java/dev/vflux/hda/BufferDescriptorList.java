package dev.vflux.hda;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * The list of pieces a stream's DMA walks through (HDA 1.0a, 3.6.3). An entry is 16 bytes,
 * little-endian: address (64 bits, 128-byte aligned), length in bytes (32), and bit 0 of the last
 * dword, IOC, which asks for an interrupt when the piece is done. Immutable; any thread.
 */
public final class BufferDescriptorList {

  /** Bytes of one entry. */
  public static final int ENTRY_BYTES = 16;

  /** Most entries SDxLVI can name. */
  public static final int MAX_ENTRIES = 256;

  /** Fewest entries the specification allows. */
  public static final int MIN_ENTRIES = 2;

  /** Alignment of the list and of every address in it, in bytes. */
  public static final int ALIGNMENT = 128;

  /** Pieces are of this size, or of a multiple when there would be too many, in bytes. */
  public static final int PIECE_BYTES = 4096;

  private static final int IOC = 1;

  /**
   * One piece.
   *
   * @param address IOVA of its first byte
   * @param length bytes
   * @param interrupt whether its end raises an interrupt (IOC)
   */
  public record Entry(long address, int length, boolean interrupt) {}

  private final List<Entry> entries;

  private BufferDescriptorList(List<Entry> entries) {
    this.entries = Collections.unmodifiableList(entries);
  }

  /**
   * Cuts a buffer that is contiguous in IOVA space into pieces, the last one with IOC.
   *
   * @param iova where the buffer begins, 128-byte aligned
   * @param length bytes, more than {@link #ALIGNMENT}
   * @return the list
   * @throws HdaException when the buffer cannot be described
   */
  public static BufferDescriptorList over(long iova, int length) {
    if (iova % ALIGNMENT != 0 || length <= ALIGNMENT) {
      throw new HdaException(
          HdaException.Reason.BAD_BUFFER,
          "build buffer descriptor list",
          "buffer at IOVA 0x" + Long.toHexString(iova),
          length + " bytes",
          "use more than " + ALIGNMENT + " bytes, at a multiple of " + ALIGNMENT);
    }
    int piece = pieceFor(length);
    List<Entry> entries = new ArrayList<>(length / piece + 1);
    for (int at = 0; at < length; ) {
      int size = Math.min(piece, length - at);
      entries.add(new Entry(iova + at, size, at + size == length));
      at += size;
    }
    return new BufferDescriptorList(entries);
  }

  private static int pieceFor(int length) {
    if (length <= PIECE_BYTES) {
      return ALIGNMENT * ((length - 1) / (MIN_ENTRIES * ALIGNMENT) + 1);
    }
    int pages = (length - 1) / PIECE_BYTES + 1;
    return PIECE_BYTES * ((pages - 1) / MAX_ENTRIES + 1);
  }

  /**
   * The pieces.
   *
   * @return an unmodifiable list in the order of the DMA
   */
  public List<Entry> entries() {
    return entries;
  }

  /**
   * What SDxLVI takes.
   *
   * @return the index of the last entry
   */
  public int lastValidIndex() {
    return entries.size() - 1;
  }

  /**
   * What SDxCBL takes: the pieces together.
   *
   * @return bytes
   */
  public int cyclicBufferLength() {
    return entries.stream().mapToInt(Entry::length).sum();
  }

  /**
   * The list as the device reads it.
   *
   * @return a new buffer, ready to be read
   */
  public ByteBuffer encode() {
    ByteBuffer bytes =
        ByteBuffer.allocate(entries.size() * ENTRY_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (Entry entry : entries) {
      bytes.putLong(entry.address()).putInt(entry.length()).putInt(entry.interrupt() ? IOC : 0);
    }
    return bytes.flip();
  }
}
