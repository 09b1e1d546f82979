package dev.vflux.vfio;

import dev.vflux.linux.Mapping;
import dev.vflux.linux.Origins;
import dev.vflux.vfio.DmaException.Reason;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * Zeroed memory that the device reaches at {@link #iova()}. Closing it takes it away from the
 * device first; an access after that is an exception, never a crash. Closing the device closes it
 * too. Any thread; bytes written here are seen by the device after the next register write, which
 * is a release.
 */
public final class DmaBuffer implements AutoCloseable {

  private final Dma dma;
  private final String owner;
  private final long size;
  private final DmaMapping mapping;
  private final Mapping memory;
  private final MappedRegisterBlock words;
  private final Origins.@Nullable Origin origin;
  private volatile boolean closed;

  DmaBuffer(Dma dma, String owner, long size, DmaMapping mapping, Mapping memory) {
    this.dma = dma;
    this.owner = owner;
    this.size = size;
    this.mapping = mapping;
    this.memory = memory;
    this.words =
        RegisterBlock.over(
            dma.device() + " DMA '" + owner + "'", memory.buffer().slice(0, (int) size));
    this.origin =
        Origins.RECORDED ? Origins.opened("DMA buffer of " + dma.device() + ": " + this) : null;
  }

  /**
   * Where the device reaches it.
   *
   * @return the I/O virtual address of the first byte, page-aligned
   */
  public long iova() {
    return mapping.iova();
  }

  /**
   * The size asked for; the mapping is this rounded up to pages.
   *
   * @return bytes
   */
  public long size() {
    return size;
  }

  long mappedBytes() {
    return mapping.size();
  }

  /**
   * Who asked for it.
   *
   * @return the words given at allocation
   */
  public String owner() {
    return owner;
  }

  /**
   * Typed, ordered, little-endian access: for descriptors and for what the device writes back.
   *
   * @return a block over this buffer
   */
  public RegisterBlock words() {
    return words;
  }

  /**
   * Copies bytes in.
   *
   * @param offset byte offset into the buffer
   * @param source written from its position to its limit
   * @throws DmaException when it does not fit, or after close
   */
  public void write(long offset, ByteBuffer source) {
    int length = source.remaining();
    check("write", offset, length);
    memory.buffer().put((int) offset, source, source.position(), length);
    source.position(source.position() + length);
  }

  /**
   * Copies bytes out.
   *
   * @param offset byte offset into the buffer
   * @param target filled from its position to its limit
   * @throws DmaException when there are not that many, or after close
   */
  public void read(long offset, ByteBuffer target) {
    int length = target.remaining();
    check("read", offset, length);
    target.put(target.position(), memory.buffer(), (int) offset, length);
    target.position(target.position() + length);
  }

  /**
   * A part of the memory itself, for who fills or reads it in place. Plain access: bytes are seen
   * by the device after the next register write. After close it is memory that the device no longer
   * sees.
   *
   * @param offset byte offset into the buffer
   * @param length bytes
   * @return a little-endian view from position 0 to its limit
   * @throws DmaException when there are not that many bytes, or after close
   */
  public ByteBuffer view(long offset, int length) {
    check("view", offset, length);
    return memory.buffer().slice((int) offset, length).order(ByteOrder.LITTLE_ENDIAN);
  }

  private void check(String operation, long offset, long length) {
    if (closed) {
      throw new DmaException(
          Reason.CLOSED,
          operation,
          dma.device() + " DMA '" + owner + "'",
          "the buffer is closed",
          "");
    }
    if (offset < 0 || length > size - offset) {
      throw new DmaException(
          Reason.OUT_OF_BOUNDS,
          operation,
          dma.device() + " DMA '" + owner + "'",
          length + " bytes at " + offset + " of " + size,
          "");
    }
  }

  /**
   * Unmaps it from the device and gives the memory back; a second call does nothing.
   *
   * @throws VfioException when the kernel refuses to unmap it; the memory is given back all the
   *     same, its IOVA is not used again before the device is closed
   */
  @Override
  public void close() {
    closed = true;
    words.close();
    Origins.closed(origin);
    dma.release(this, mapping, memory);
  }

  @Override
  public String toString() {
    return owner + " @0x" + Long.toHexString(iova()) + "+" + size;
  }
}
