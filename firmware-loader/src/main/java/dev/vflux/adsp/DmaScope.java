package dev.vflux.adsp;

import dev.vflux.vfio.Dma;
import dev.vflux.vfio.DmaBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * The DMA memory of one boot. Allocating may take the kernel a while, so it happens on a thread
 * that may block, and so it may race with the end of the boot: what comes too late is given back at
 * once. Any thread.
 */
final class DmaScope implements AutoCloseable {

  private final Dma dma;
  private final List<DmaBuffer> buffers = new ArrayList<>();
  private boolean closed;

  DmaScope(Dma dma) {
    this.dma = dma;
  }

  synchronized DmaBuffer allocate(String owner, long size) {
    if (closed) {
      throw new IllegalStateException(owner + ": the boot has ended");
    }
    DmaBuffer buffer = dma.allocate(owner, size);
    buffers.add(buffer);
    return buffer;
  }

  @Override
  public synchronized void close() {
    closed = true;
    buffers.forEach(DmaBuffer::close);
    buffers.clear();
  }
}
