package dev.vflux.vfio;

import dev.vflux.linux.Errno;
import dev.vflux.linux.Fd;
import dev.vflux.linux.Libc;
import dev.vflux.linux.Mapping;
import dev.vflux.vfio.DmaException.Reason;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The memory a device may reach: allocates zeroed {@link DmaBuffer}s at IOVAs of this device's
 * IOMMU. Obtained from {@link Device#dma()}. Any thread.
 */
public final class Dma {

  private static final long MAX_SIZE = Integer.MAX_VALUE - 0xffffL;

  private final String device;
  private final DeviceBackend backend;
  private final IovaSpace iovas;
  private final Set<DmaBuffer> buffers = new LinkedHashSet<>();
  // mappings the backend would not remove; they end with the backend
  private long stuck;
  private boolean closed;

  Dma(DeviceBackend backend) {
    this.device = backend.info().name();
    this.backend = backend;
    this.iovas = backend.iovas();
  }

  /**
   * Which IOVAs can be mapped: the IOMMU's ranges less page 0 and the MSI window.
   *
   * @return ranges in ascending order
   */
  public List<IovaRange> ranges() {
    return iovas.ranges();
  }

  /**
   * The IOMMU's smallest page.
   *
   * @return bytes, a power of two
   */
  public long pageSize() {
    return iovas.pageSize();
  }

  /**
   * How many more buffers the IOMMU driver maps (VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL), over all devices
   * of the same address space.
   *
   * @return the number now; empty when the kernel sets no such limit
   * @throws DriverException after close
   */
  public OptionalLong mappingsLeft() {
    synchronized (this) {
      checkOpen("ask for the DMA budget", device);
    }
    return backend.mappingsLeft();
  }

  /**
   * Allocates zeroed memory at an IOVA chosen by this object.
   *
   * @param owner who wants it, in words, for errors and logs
   * @param size bytes; the mapping is rounded up to whole pages
   * @return the buffer, owned by the caller, who closes it
   * @throws DmaException when there is no IOVA or no memory
   * @throws VfioException when the kernel refuses to map it
   */
  public DmaBuffer allocate(String owner, long size) {
    return allocate(owner, size, Long.MAX_VALUE);
  }

  /**
   * Allocates zeroed memory for a device that cannot address everything.
   *
   * @param owner who wants it, in words, for errors and logs
   * @param size bytes; the mapping is rounded up to whole pages
   * @param maxAddress the highest address the device can reach, for instance 2^28-1
   * @return the buffer, owned by the caller, who closes it
   * @throws DmaException when there is no IOVA or no memory
   * @throws VfioException when the kernel refuses to map it
   */
  public synchronized DmaBuffer allocate(String owner, long size, long maxAddress) {
    long mapped = checkedSize(owner, size);
    return map(owner, size, iovas.allocate(device, owner, mapped, maxAddress), mapped);
  }

  /**
   * Allocates zeroed memory at an IOVA chosen by the caller.
   *
   * @param owner who wants it, in words, for errors and logs
   * @param size bytes; the mapping is rounded up to whole pages
   * @param iova a page-aligned IOVA
   * @return the buffer, owned by the caller, who closes it
   * @throws DmaException when the IOVA is in use (names the owner) or cannot be mapped
   * @throws VfioException when the kernel refuses to map it
   */
  public synchronized DmaBuffer allocateAt(String owner, long size, long iova) {
    long mapped = checkedSize(owner, size);
    iovas.reserve(device, owner, iova, mapped);
    return map(owner, size, iova, mapped);
  }

  /**
   * The buffers that are open now.
   *
   * @return a snapshot, oldest first
   */
  public synchronized List<DmaBuffer> buffers() {
    return new ArrayList<>(buffers);
  }

  /**
   * How much memory the device can reach: that of all open buffers, in whole pages. The kernel pins
   * it.
   *
   * @return bytes now
   */
  public synchronized long pinnedBytes() {
    return buffers.stream().mapToLong(DmaBuffer::mappedBytes).sum();
  }

  private long checkedSize(String owner, long size) {
    checkOpen("allocate DMA", device + " for " + owner);
    if (size <= 0 || size > MAX_SIZE) {
      throw new DmaException(
          Reason.BAD_SIZE,
          "allocate DMA",
          device + " for " + owner,
          size + " bytes",
          "use 1 to " + MAX_SIZE);
    }
    return iovas.roundUp(size);
  }

  private void checkOpen(String operation, String target) {
    if (closed) {
      throw new DmaException(Reason.CLOSED, operation, target, "the device is closed", "");
    }
  }

  private DmaBuffer map(String owner, long size, long iova, long mapped) {
    Fd file = backend.wantsSharedMemory() ? Fd.memory("vflux-dma", mapped) : null;
    Mapping memory = memory(file, mapped);
    if (memory == null) {
      int errno = Libc.errno();
      closeFile(file);
      iovas.release(iova);
      throw new DmaException(
          Reason.NO_MEMORY,
          "mmap",
          device + " for " + owner,
          mapped + " bytes: " + Errno.name(errno),
          "");
    }
    DmaMapping mapping =
        new DmaMapping(
            iova,
            mapped,
            memory.address(),
            new LocalDmaMemory(memory.buffer(), file == null ? -1 : file.number()));
    boolean done = false;
    DmaMapEvent event = new DmaMapEvent();
    event.begin();
    try {
      backend.mapDma(mapping);
      done = true;
    } finally {
      closeFile(file);
      if (!done) {
        iovas.release(iova);
        memory.close();
      }
    }
    event.tell(device, owner, mapping);
    Resources.IOVAS.incrementAndGet();
    DmaBuffer buffer = new DmaBuffer(this, owner, size, mapping, memory);
    buffers.add(buffer);
    return buffer;
  }

  private @Nullable Mapping memory(@Nullable Fd file, long size) {
    if (!backend.wantsSharedMemory()) {
      return Mapping.anonymous(size);
    }
    return file == null ? null : Mapping.shared(file, 0, size, Libc.PROT_READ | Libc.PROT_WRITE);
  }

  private static void closeFile(@Nullable Fd file) {
    if (file != null) {
      file.close();
    }
  }

  synchronized void release(DmaBuffer buffer, DmaMapping mapping, Mapping memory) {
    if (!buffers.remove(buffer)) {
      return;
    }
    boolean unmapped = false;
    DmaUnmapEvent event = new DmaUnmapEvent();
    event.begin();
    try {
      backend.unmapDma(mapping);
      unmapped = true;
    } finally {
      event.unmapped = unmapped;
      event.tell(device, buffer.owner(), mapping);
      memory.close();
      giveBack(mapping.iova(), unmapped);
    }
  }

  // An IOVA the device may still reach is not handed out again.
  private void giveBack(long iova, boolean unmapped) {
    if (unmapped) {
      iovas.release(iova);
      Resources.IOVAS.decrementAndGet();
    } else {
      stuck++;
    }
  }

  /** The backend is closed, and with it what it would not unmap. */
  synchronized void backendClosed() {
    Resources.IOVAS.addAndGet(-stuck);
    stuck = 0;
  }

  void close() {
    synchronized (this) {
      closed = true;
    }
    List<Runnable> steps = new ArrayList<>();
    buffers().forEach(buffer -> steps.add(buffer::close));
    Closing.all(steps);
  }

  String device() {
    return device;
  }
}
