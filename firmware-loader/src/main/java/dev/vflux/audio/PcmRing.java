package dev.vflux.audio;

import dev.vflux.hda.BufferDescriptorList;
import dev.vflux.hda.DmaScope;
import dev.vflux.vfio.DmaBuffer;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** The memory a stream's DMA goes round in, cut into periods. Driver loop only. */
final class PcmRing {

  private static final int SILENCE_BYTES = 4096;

  private final DmaBuffer data;
  private final DmaBuffer listMemory;
  private final BufferDescriptorList list;
  private final int periodBytes;
  private final int periods;
  private final @Nullable ByteBuffer[] views;
  // zeros are silence in every signed format
  private final ByteBuffer silence = ByteBuffer.allocateDirect(SILENCE_BYTES);

  private PcmRing(
      DmaBuffer data, DmaBuffer listMemory, BufferDescriptorList list, StreamSettings settings) {
    this.data = data;
    this.listMemory = listMemory;
    this.list = list;
    this.periodBytes = settings.periodBytes();
    this.periods = settings.periods();
    this.views = new @Nullable ByteBuffer[periods];
  }

  /** May block; for the work of {@link DmaScope#offLoop}. */
  static PcmRing allocate(DmaScope scope, String owner, StreamSettings settings) {
    DmaBuffer data = scope.allocate(owner, settings.bufferBytes());
    BufferDescriptorList list =
        BufferDescriptorList.periods(data.iova(), settings.periodBytes(), settings.periods());
    ByteBuffer encoded = list.encode();
    DmaBuffer listMemory = scope.allocate(owner + " BDL", encoded.remaining());
    listMemory.write(0, encoded);
    return new PcmRing(data, listMemory, list, settings);
  }

  BufferDescriptorList list() {
    return list;
  }

  DmaBuffer listMemory() {
    return listMemory;
  }

  int periodBytes() {
    return periodBytes;
  }

  int periods() {
    return periods;
  }

  /** Where a period lies, counted from the start of the stream. */
  int offset(long period) {
    return (int) (period % periods) * periodBytes;
  }

  /** Copies all remaining bytes of a source into a period. */
  void write(long period, int at, ByteBuffer source) {
    data.write(offset(period) + at, source);
  }

  /** Fills a target with the bytes of a period. */
  void read(long period, ByteBuffer target) {
    data.read(offset(period), target);
  }

  /** Makes a period silent from a place to its end. */
  void silence(long period, int from) {
    for (int at = from; at < periodBytes; ) {
      int bytes = Math.min(SILENCE_BYTES, periodBytes - at);
      silence.clear().limit(bytes);
      data.write(offset(period) + at, silence);
      at += bytes;
    }
  }

  /** A period's memory itself, the same buffer for the same place. */
  ByteBuffer view(long period) {
    int place = (int) (period % periods);
    ByteBuffer known = views[place];
    ByteBuffer view = known == null ? data.view(offset(period), periodBytes) : known.clear();
    views[place] = view;
    return view;
  }
}
