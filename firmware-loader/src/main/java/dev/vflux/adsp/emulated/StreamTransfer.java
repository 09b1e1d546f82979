package dev.vflux.adsp.emulated;

import dev.vflux.emulated.Board;
import dev.vflux.emulated.DmaFault;
import dev.vflux.emulated.DmaFaultException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * One run of a stream, from the first RUN after a reset to the next reset, with pauses in it: walks
 * the buffer descriptor list, out of memory or into it. CBL, LVI and the list's address are taken
 * when it starts; entries are fetched when they are reached. LPIB counts from 0 and wraps at CBL,
 * the list wraps after LVI: where the two disagree, so do the bytes.
 */
final class StreamTransfer {

  /** After this much of an image the faults of code loading strike. */
  static final int FAULT_AFTER = 0x4000;

  private static final int ENTRY_BYTES = 16;
  private static final int IOC = 0x1;
  private static final int CHUNK = 0x4000;
  private static final long LONGEST_CREDIT_NANOS = 4_000_000;
  private static final long NANOS_PER_SECOND = 1_000_000_000;

  private final Board board;
  private final StreamDescriptor stream;
  private final CapabilityList capabilities;
  private final DeviceFaults faults;
  private final long list;
  private final int lastIndex;
  private final long cyclicLength;
  private final StreamClock frames;
  private final ByteBuffer entry = ByteBuffer.allocate(ENTRY_BYTES).order(ByteOrder.LITTLE_ENDIAN);
  private final ByteBuffer chunk = ByteBuffer.allocate(CHUNK);
  private final ByteBuffer slot =
      ByteBuffer.allocate(2 * Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
  private int nextIndex;
  private long entryAddress;
  private long entryLeft;
  private boolean entryIoc;
  private long position;
  private long linear;
  private long clock;
  private long stoppedAtSpib = -1;
  private long periods;
  private boolean begun;
  private boolean fifoErred;
  private boolean failed;

  StreamTransfer(
      Board board, StreamDescriptor stream, CapabilityList capabilities, DeviceFaults faults) {
    this.board = board;
    this.stream = stream;
    this.capabilities = capabilities;
    this.faults = faults;
    this.list = stream.descriptorList();
    this.lastIndex = stream.lastValidIndex();
    this.cyclicLength = stream.cyclicBufferLength();
    this.clock = board.clock().nanos();
    this.frames = new StreamClock(StreamFormat.framesPerSecond(stream.format()), clock);
  }

  StreamDescriptor stream() {
    return stream;
  }

  /** Bytes moved since the start, without wrapping. */
  long linear() {
    return linear;
  }

  /** What could not be moved until now is not caught up. */
  void restartClock(long now) {
    clock = now;
    frames.restart(now);
  }

  /** How many bytes of an image the time since the last call is worth, up to a limit. */
  long earned(long now, long bytesPerSecond) {
    long elapsed = Math.min(now - clock, LONGEST_CREDIT_NANOS);
    long bytes = elapsed * bytesPerSecond / NANOS_PER_SECOND;
    if (bytes > 0) {
      clock = now;
    }
    return bytes;
  }

  /** The frames that are due on the link since the last call: exact over any time. */
  long framesDue(long now) {
    return frames.due(now);
  }

  /** Whether it begins to carry sound now: true once. */
  boolean begins(StreamPort port) {
    boolean first = !begun && port != StreamPort.NONE && !port.isCodeLoad();
    begun |= first;
    return first;
  }

  /** Moves at most so many bytes; returns how many it were. */
  long move(long budget, StreamPort port) {
    if (begun && faults.streams().stuck(stream.index(), periods)) {
      return 0;
    }
    if (begun && !fifoErred && faults.streams().fifoError(stream.index(), periods)) {
      loses(budget, port);
      return 0;
    }
    long moved = 0;
    try {
      while (moved < budget && !failed) {
        int length = (int) Math.min(budget - moved, movable(port));
        if (length <= 0) {
          break;
        }
        moved += moveChunk(length, port);
      }
    } catch (DmaFaultException unreachable) {
      fails();
    }
    return moved;
  }

  // What would have moved now is not sent, or is not written: it is lost, and the position is late.
  private void loses(long budget, StreamPort port) {
    fifoErred = true;
    stream.fifoError();
    if (!stream.output()) {
      long lost = Math.min(budget, Math.min(CHUNK, port.available()));
      port.supply(chunk.clear().limit((int) lost));
    }
  }

  private void fails() {
    failed = true;
    stream.descriptorError();
  }

  private long movable(StreamPort port) {
    long limit = Math.min(CHUNK, cyclicLength - position);
    limit = Math.min(limit, untilSpib());
    limit = Math.min(limit, stream.output() ? port.room() : port.available());
    return port.isCodeLoad() ? Math.min(limit, untilFault()) : limit;
  }

  // SPIB runs from 1 to the buffer's size; reaching it empties the buffer until it is written anew.
  private long untilSpib() {
    if (!capabilities.spibEnabled(stream.index())) {
      return Long.MAX_VALUE;
    }
    long spib = capabilities.spib(stream.index());
    if (spib == stoppedAtSpib) {
      return 0;
    }
    stoppedAtSpib = -1;
    return spib == 0 ? 0 : spib > position ? spib - position : cyclicLength - position;
  }

  private long untilFault() {
    if (linear < FAULT_AFTER) {
      return FAULT_AFTER - linear;
    }
    if (faults.boot().disappearsAt(BootFaults.Place.DMA)) {
      board.remove();
      return 0;
    }
    if (faults.boot().active(BootFaults.DMA_FAULT)) {
      board
          .dma()
          .report(
              new DmaFault(DmaFault.Access.READ, entryAddress, CHUNK, DmaFault.Reason.UNMAPPED));
      fails();
      return 0;
    }
    return faults.boot().active(BootFaults.DMA_STALLED) ? 0 : Long.MAX_VALUE;
  }

  private int moveChunk(int most, StreamPort port) throws DmaFaultException {
    if (entryLeft == 0 && !fetchEntry()) {
      return 0;
    }
    int length = (int) Math.min(most, entryLeft);
    chunk.clear().limit(length);
    if (stream.output()) {
      board.dma().read(entryAddress, chunk);
      port.accept(chunk.flip());
    } else {
      port.supply(chunk);
      board.dma().write(entryAddress, chunk.flip());
    }
    advance(length);
    return length;
  }

  private boolean fetchEntry() throws DmaFaultException {
    if (begun && faults.streams().descriptorError(stream.index(), periods)) {
      fails();
      return false;
    }
    entry.clear();
    board.dma().read(list + (long) nextIndex * ENTRY_BYTES, entry);
    entryAddress = entry.getLong(0);
    entryLeft = entry.getInt(8) & 0xffff_ffffL;
    entryIoc = (entry.getInt(12) & IOC) != 0;
    nextIndex = nextIndex == lastIndex ? 0 : nextIndex + 1;
    if (entryLeft == 0) {
      fails();
    }
    return entryLeft != 0;
  }

  private void advance(int length) {
    entryAddress += length;
    entryLeft -= length;
    linear += length;
    position += length;
    if (capabilities.spibEnabled(stream.index()) && position == capabilities.spib(stream.index())) {
      stoppedAtSpib = position;
    }
    if (position == cyclicLength) {
      position = 0;
    }
    stream.showPosition(position);
    if (entryLeft == 0 && entryIoc) {
      periods++;
      stream.bufferComplete();
    }
  }

  /**
   * Writes the position to this stream's slot of the position buffer; nobody checks a posted write.
   */
  void writePosition(long base) {
    slot.clear();
    slot.putInt(0, (int) position);
    try {
      board.dma().write(base + (long) stream.index() * slot.capacity(), slot);
    } catch (DmaFaultException unusedPosted) {
      // the IOMMU has recorded it
    }
  }
}
