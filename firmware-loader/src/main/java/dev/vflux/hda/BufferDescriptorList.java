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

  /** Alignment of the list and of the buffer, in bytes. */
  public static final int ALIGNMENT = 128;

  /** A period is a multiple of this (Linux {@code sound/soc/sof/intel/hda-pcm.c}), in bytes. */
  public static final int PERIOD_STEP = 4;

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
  private final int periodBytes;

  private BufferDescriptorList(List<Entry> entries, int periodBytes) {
    this.entries = Collections.unmodifiableList(entries);
    this.periodBytes = periodBytes;
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
      throw bad(
          iova,
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
    return new BufferDescriptorList(entries, 0);
  }

  private static HdaException bad(long iova, String answer, String advice) {
    return new HdaException(
        HdaException.Reason.BAD_BUFFER,
        "build buffer descriptor list",
        "buffer at IOVA 0x" + Long.toHexString(iova),
        answer,
        advice);
  }

  private static int pieceFor(int length) {
    if (length <= PIECE_BYTES) {
      return ALIGNMENT * ((length - 1) / (MIN_ENTRIES * ALIGNMENT) + 1);
    }
    int pages = (length - 1) / PIECE_BYTES + 1;
    return PIECE_BYTES * ((pages - 1) / MAX_ENTRIES + 1);
  }

  /**
   * Describes a ring of periods, contiguous in IOVA space, with IOC at the end of each.
   *
   * <p>A period is cut where it crosses a multiple of 4 KiB, as Linux does for controllers that
   * fetch wrongly across one ({@code align_bdle_4k}), as long as the pieces fit into {@link
   * #MAX_ENTRIES}. Longer rings have one entry for each period: no controller with a DSP is known
   * to need the cut, and a ring of more than 1 MiB could not be described otherwise.
   *
   * <p>The specification wants the address of every entry at a multiple of {@link #ALIGNMENT}.
   * Intel's controllers take multiples of 4, and Linux relies on it, since no whole number of 44.1
   * kHz frames would fit into round times otherwise. A period that is a multiple of 128 bytes suits
   * every controller.
   *
   * @param iova where the ring begins, 128-byte aligned
   * @param periodBytes bytes of one period, a multiple of {@link #PERIOD_STEP}
   * @param periods how many, {@link #MIN_ENTRIES} to {@link #MAX_ENTRIES}
   * @return the list
   * @throws HdaException when the ring cannot be described
   */
  public static BufferDescriptorList periods(long iova, int periodBytes, int periods) {
    long length = (long) periodBytes * periods;
    if (iova % ALIGNMENT != 0
        || periodBytes <= 0
        || periodBytes % PERIOD_STEP != 0
        || periods < MIN_ENTRIES
        || periods > MAX_ENTRIES
        || length > Integer.MAX_VALUE) {
      throw bad(
          iova,
          periods + " periods of " + periodBytes + " bytes",
          "use %d to %d periods of a multiple of %d bytes, at a multiple of %d, below 2 GiB"
              .formatted(MIN_ENTRIES, MAX_ENTRIES, PERIOD_STEP, ALIGNMENT));
    }
    List<Entry> whole = ring(iova, periodBytes, periods, Long.MAX_VALUE);
    if (length > (long) MAX_ENTRIES * PIECE_BYTES) {
      return new BufferDescriptorList(whole, periodBytes);
    }
    List<Entry> cut = ring(iova, periodBytes, periods, PIECE_BYTES);
    return new BufferDescriptorList(cut.size() <= MAX_ENTRIES ? cut : whole, periodBytes);
  }

  private static List<Entry> ring(long iova, int periodBytes, int periods, long boundary) {
    List<Entry> entries = new ArrayList<>(periods);
    for (int period = 0; period < periods; period++) {
      long end = iova + (long) periodBytes * (period + 1);
      for (long at = end - periodBytes; at < end; ) {
        long size = Math.min(end - at, boundary - at % boundary);
        entries.add(new Entry(at, (int) size, at + size == end));
        at += size;
      }
    }
    return entries;
  }

  /**
   * How long a period is.
   *
   * @return bytes from one IOC to the next; 0 of a list {@link #over} a buffer that is no ring
   */
  public int periodBytes() {
    return periodBytes;
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
