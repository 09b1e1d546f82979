package dev.vflux.emulated;

import dev.vflux.linux.Errno;
import dev.vflux.vfio.DeviceBackend;
import dev.vflux.vfio.DeviceInfo;
import dev.vflux.vfio.DmaMapping;
import dev.vflux.vfio.DriverException;
import dev.vflux.vfio.EventFd;
import dev.vflux.vfio.IovaRange;
import dev.vflux.vfio.IovaSpace;
import dev.vflux.vfio.IrqIndex;
import dev.vflux.vfio.IrqInfo;
import dev.vflux.vfio.RegionIndex;
import dev.vflux.vfio.RegionInfo;
import dev.vflux.vfio.RegisterBlock;
import dev.vflux.vfio.ResetOutcome;
import dev.vflux.vfio.VfioException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** A board behind the same seam as the kernel's devices, with the kernel's refusals. */
final class EmulatedBackend implements DeviceBackend {

  private static final long PAGE_SIZE = 4096;
  private static final int DMA_ENTRY_LIMIT = 65535;

  // What vfio_iommu_type1 reports on Intel with 39-bit addresses: all but the MSI window.
  private static final List<IovaRange> IOVA_RANGES =
      List.of(new IovaRange(0, 0xfedf_ffffL), new IovaRange(0xfef0_0000L, (1L << 39) - 1));

  private final Board board;
  private final IovaSpace iovas = new IovaSpace(PAGE_SIZE, IOVA_RANGES);
  private final AtomicReference<@Nullable UnmaskWatch> watch = new AtomicReference<>();

  EmulatedBackend(Board board) {
    this.board = board;
  }

  @Override
  public DeviceInfo info() {
    return new DeviceInfo(board.name(), board.description(), board.isResettable());
  }

  @Override
  public List<RegionInfo> regions() {
    List<RegionInfo> infos = new ArrayList<>();
    for (RegionIndex index : RegionIndex.values()) {
      RegisterSpace space = space(index);
      infos.add(
          space == null
              ? new RegionInfo(index, 0, Set.of(), List.of())
              : new RegionInfo(
                  index,
                  space.size(),
                  Set.of(RegionInfo.Flag.READ, RegionInfo.Flag.WRITE),
                  List.of()));
    }
    return infos;
  }

  private @Nullable RegisterSpace space(RegionIndex index) {
    return index == RegionIndex.CONFIG ? board.config() : board.bars().get(index);
  }

  @Override
  public List<IrqInfo> irqs() {
    return board.interrupts().infos();
  }

  @Override
  public RegisterBlock registers(RegionInfo region) {
    RegisterSpace space = space(region.index());
    if (space == null) {
      throw new IllegalArgumentException(board.name() + " has no " + region.index());
    }
    return new EmulatedRegisterBlock(board, region.index(), space);
  }

  @Override
  public void enable(IrqIndex index, int start, List<@Nullable EventFd> triggers) {
    synchronized (board.lock) {
      open("enable " + index);
      board.interrupts().enable(index, start, triggers);
    }
  }

  @Override
  public void disable(IrqIndex index) {
    synchronized (board.lock) {
      board.interrupts().disable(index);
    }
    if (index == IrqIndex.INTX) {
      watch(null);
    }
  }

  @Override
  public void mask(IrqIndex index, int vector) {
    synchronized (board.lock) {
      open("mask " + index);
      board.interrupts().mask(index);
    }
  }

  @Override
  public void unmask(IrqIndex index, int vector) {
    synchronized (board.lock) {
      open("unmask " + index);
      board.interrupts().unmask(index);
    }
  }

  @Override
  public void unmaskOn(IrqIndex index, int vector, @Nullable EventFd source) {
    synchronized (board.lock) {
      open("unmask by eventfd " + index);
      board.interrupts().checkLine(index, "unmask by eventfd");
    }
    watch(
        source == null
            ? null
            : new UnmaskWatch(
                board.name(), source, () -> board.underLock(board.interrupts()::unmaskEnabled)));
  }

  // Without the board's lock: the watch that ends may be waiting for it.
  private void watch(@Nullable UnmaskWatch next) {
    UnmaskWatch last = watch.getAndSet(next);
    if (last != null) {
      last.close();
    }
  }

  @Override
  public void trigger(IrqIndex index, int vector) {
    synchronized (board.lock) {
      open("trigger " + index);
      board.interrupts().trigger(index, vector);
    }
  }

  @Override
  public IovaSpace iovas() {
    return iovas;
  }

  @Override
  public OptionalLong mappingsLeft() {
    synchronized (board.lock) {
      return OptionalLong.of(DMA_ENTRY_LIMIT - board.dma().mapped());
    }
  }

  @Override
  public void mapDma(DmaMapping mapping) {
    synchronized (board.lock) {
      open("VFIO_IOMMU_MAP_DMA");
      if (((mapping.iova() | mapping.size()) & (PAGE_SIZE - 1)) != 0 || mapping.size() <= 0) {
        throw refused(mapping, Errno.EINVAL, "use whole pages");
      }
      if (board.dma().overlaps(mapping.iova(), mapping.size())) {
        throw refused(mapping, Errno.EEXIST, "unmap what is there first");
      }
      if (board.dma().mapped() >= DMA_ENTRY_LIMIT) {
        throw refused(mapping, Errno.ENOSPC, "use fewer and larger buffers");
      }
      board.dma().map(mapping);
    }
  }

  private VfioException refused(DmaMapping mapping, Errno errno, String advice) {
    return new VfioException(
        "VFIO_IOMMU_MAP_DMA",
        board.name() + " IOVA 0x" + Long.toHexString(mapping.iova()) + "+" + mapping.size(),
        errno.number(),
        advice);
  }

  @Override
  public void unmapDma(DmaMapping mapping) {
    synchronized (board.lock) {
      board.dma().unmap(mapping);
    }
  }

  @Override
  public ResetOutcome reset() {
    synchronized (board.lock) {
      open("VFIO_DEVICE_RESET");
      if (!board.isResettable()) {
        return ResetOutcome.NOT_SUPPORTED;
      }
      board.reset();
      return ResetOutcome.DONE;
    }
  }

  @Override
  public void close() {
    try {
      board.close();
    } finally {
      watch(null);
    }
  }

  private void open(String operation) {
    if (board.isClosed()) {
      throw new DriverException(operation, board.name(), "the device is closed", "open it again");
    }
  }
}
