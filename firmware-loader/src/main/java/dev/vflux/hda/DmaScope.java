package dev.vflux.hda;

import dev.vflux.reactive.ReactiveDevice;
import dev.vflux.vfio.Dma;
import dev.vflux.vfio.DmaBuffer;
import dev.vflux.vfio.DriverException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * DMA memory that is given back together. Mapping pins pages and unmapping flushes the IOMMU, which
 * can take the kernel a while, so neither happens on the driver loop; and so an allocation may race
 * with the end of the scope: what comes too late is refused. Any thread.
 */
public final class DmaScope {

  private final Dma dma;
  private final Scheduler loop;
  private final List<DmaBuffer> buffers = new ArrayList<>();
  private boolean closed;

  /**
   * Opens an empty scope.
   *
   * @param device whose memory; what is emitted is emitted on its loop
   */
  public DmaScope(ReactiveDevice device) {
    this.dma = device.device().dma();
    this.loop = device.loop().scheduler();
  }

  /**
   * Does what may block, such as {@link #allocate}, on a thread that may.
   *
   * @param work what to do
   * @param <T> what it yields
   * @return cold; the result, emitted on the loop, or the error of the work
   */
  public <T> Mono<T> offLoop(Supplier<T> work) {
    return Mono.fromSupplier(work).subscribeOn(Schedulers.boundedElastic()).publishOn(loop);
  }

  /**
   * Allocates memory the device can reach. May block; for the work of {@link #offLoop}.
   *
   * @param owner what it is for, in words
   * @param size bytes
   * @return the memory, zeroed, closed with this scope
   * @throws IllegalStateException when the scope is closed
   * @throws dev.vflux.vfio.DmaException when there is no memory or no IOVA for it
   */
  public synchronized DmaBuffer allocate(String owner, long size) {
    if (closed) {
      throw new IllegalStateException(owner + ": its DMA memory was given back already");
    }
    DmaBuffer buffer = dma.allocate(owner, size);
    buffers.add(buffer);
    return buffer;
  }

  /**
   * Gives everything back, off the loop. Only for memory that the device no longer writes to.
   *
   * @return cold; completes on the loop when no buffer is left, or fails with the first that could
   *     not be unmapped, after all were tried
   */
  public Mono<Void> close() {
    return Mono.<Void>fromRunnable(this::release)
        .subscribeOn(Schedulers.boundedElastic())
        .publishOn(loop);
  }

  private synchronized void release() {
    closed = true;
    DriverException first = null;
    for (DmaBuffer buffer : buffers) {
      try {
        buffer.close();
      } catch (DriverException failed) {
        first = first == null ? failed : first;
      }
    }
    buffers.clear();
    if (first != null) {
      throw first;
    }
  }
}
