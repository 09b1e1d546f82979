package dev.vflux.emulated;

import dev.vflux.vfio.DmaMapping;
import dev.vflux.vfio.DmaMemory;
import java.io.IOException;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way of an emulated device into memory: through an IOMMU that knows only what the driver has
 * mapped, and only while COMMAND.BusMaster is set. An access may span mappings that follow each
 * other; what comes before the address that failed has been transferred then. Any thread.
 */
public final class DmaBus {

  private static final Logger LOG = LoggerFactory.getLogger(DmaBus.class);
  private static final int FAULTS_KEPT = 256;

  private final Board board;
  private final NavigableMap<Long, DmaMapping> mappings = new TreeMap<>();
  private final List<DmaFault> faults = new ArrayList<>();

  DmaBus(Board board) {
    this.board = board;
  }

  /**
   * Reads memory.
   *
   * @param iova the first I/O virtual address, unsigned
   * @param target filled from its position to its limit
   * @throws DmaFaultException when the access is not allowed; recorded too
   */
  public void read(long iova, ByteBuffer target) throws DmaFaultException {
    synchronized (board.lock) {
      VarHandle.acquireFence();
      transfer(DmaFault.Access.READ, iova, target, DmaMemory::read);
    }
  }

  /**
   * Writes memory. The bytes are seen by the driver before anything the model does after it.
   *
   * @param iova the first I/O virtual address, unsigned
   * @param source written from its position to its limit
   * @throws DmaFaultException when the access is not allowed; recorded too
   */
  public void write(long iova, ByteBuffer source) throws DmaFaultException {
    synchronized (board.lock) {
      transfer(DmaFault.Access.WRITE, iova, source, DmaMemory::write);
      VarHandle.releaseFence();
    }
  }

  private interface Copy {
    void between(DmaMemory memory, long offset, ByteBuffer bytes) throws IOException;
  }

  private void transfer(DmaFault.Access access, long iova, ByteBuffer bytes, Copy copy)
      throws DmaFaultException {
    int end = bytes.limit();
    long at = iova;
    try {
      while (bytes.position() < end) {
        DmaMapping mapping = translate(access, at, end - bytes.position());
        long offset = at - mapping.iova();
        int length = (int) Math.min(end - bytes.position(), mapping.size() - offset);
        bytes.limit(bytes.position() + length);
        copied(access, at, mapping, bytes, copy);
        at += length;
      }
    } finally {
      bytes.limit(end);
    }
  }

  private void copied(
      DmaFault.Access access, long iova, DmaMapping mapping, ByteBuffer bytes, Copy copy)
      throws DmaFaultException {
    int length = bytes.remaining();
    try {
      copy.between(mapping.memory(), iova - mapping.iova(), bytes);
    } catch (IOException lost) {
      LOG.debug("{}: {}", board.name(), lost.getMessage());
      throw fault(new DmaFault(access, iova, length, DmaFault.Reason.MEMORY_LOST));
    }
  }

  private DmaMapping translate(DmaFault.Access access, long iova, long length)
      throws DmaFaultException {
    if (board.removed()) {
      throw fault(new DmaFault(access, iova, length, DmaFault.Reason.REMOVED));
    }
    if (!board.config().busMaster()) {
      throw fault(new DmaFault(access, iova, length, DmaFault.Reason.BUS_MASTER_OFF));
    }
    DmaMapping mapping = find(iova);
    if (mapping == null) {
      throw fault(new DmaFault(access, iova, length, DmaFault.Reason.UNMAPPED));
    }
    if (access == DmaFault.Access.READ ? !mapping.readable() : !mapping.writable()) {
      throw fault(new DmaFault(access, iova, length, DmaFault.Reason.NOT_PERMITTED));
    }
    return mapping;
  }

  private @Nullable DmaMapping find(long iova) {
    Map.Entry<Long, DmaMapping> below = mappings.floorEntry(iova);
    return below == null || iova - below.getKey() >= below.getValue().size()
        ? null
        : below.getValue();
  }

  private DmaFaultException fault(DmaFault fault) {
    report(fault);
    return new DmaFaultException(fault);
  }

  /**
   * Records a fault that the model found itself, for instance a transfer that would leave the
   * device's own memory.
   *
   * @param fault what did not happen
   */
  public void report(DmaFault fault) {
    synchronized (board.lock) {
      if (faults.size() < FAULTS_KEPT) {
        faults.add(fault);
        LOG.warn("{}: {}", board.name(), fault);
      }
    }
  }

  /**
   * The faults so far.
   *
   * @return a snapshot of the first 256, oldest first
   */
  public List<DmaFault> faults() {
    synchronized (board.lock) {
      return List.copyOf(faults);
    }
  }

  boolean overlaps(long iova, long size) {
    Map.Entry<Long, DmaMapping> below = mappings.floorEntry(iova + size - 1);
    return below != null && below.getKey() + below.getValue().size() > iova;
  }

  int mapped() {
    return mappings.size();
  }

  void map(DmaMapping mapping) {
    mappings.put(mapping.iova(), mapping);
  }

  void unmap(DmaMapping mapping) {
    mappings.remove(mapping.iova());
  }

  void unmapAll() {
    mappings.clear();
  }
}
