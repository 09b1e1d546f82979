package dev.vflux.reactive.bench;

import dev.vflux.vfio.DeviceBackend;
import dev.vflux.vfio.DeviceInfo;
import dev.vflux.vfio.DmaMapping;
import dev.vflux.vfio.EventFd;
import dev.vflux.vfio.IovaRange;
import dev.vflux.vfio.IovaSpace;
import dev.vflux.vfio.IrqIndex;
import dev.vflux.vfio.IrqInfo;
import dev.vflux.vfio.RegionIndex;
import dev.vflux.vfio.RegionInfo;
import dev.vflux.vfio.RegisterBlock;
import dev.vflux.vfio.ResetOutcome;
import java.nio.ByteBuffer;
import java.util.EnumSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * The smallest device there can be, so that a benchmark measures the way of an interrupt and
 * nothing else: MSI vectors and one mapped region of 4 KiB. Whoever plays the device signals what
 * {@link #line} gives.
 */
final class PlainDevice implements DeviceBackend {

  private final IovaSpace iovas = new IovaSpace(4096, List.of(new IovaRange(0, 0xffff_ffffL)));
  private final AtomicReferenceArray<@Nullable EventFd> lines;

  PlainDevice(int vectors) {
    this.lines = new AtomicReferenceArray<>(vectors);
  }

  EventFd line(int vector) {
    EventFd tied = lines.get(vector);
    if (tied == null) {
      throw new IllegalStateException("vector " + vector + " is not enabled");
    }
    return tied;
  }

  @Override
  public DeviceInfo info() {
    return new DeviceInfo("bench:plain", "", false);
  }

  @Override
  public List<RegionInfo> regions() {
    return List.of(
        new RegionInfo(RegionIndex.BAR0, 4096, EnumSet.allOf(RegionInfo.Flag.class), List.of()));
  }

  @Override
  public List<IrqInfo> irqs() {
    return List.of(new IrqInfo(IrqIndex.MSI, lines.length(), EnumSet.of(IrqInfo.Flag.EVENTFD)));
  }

  @Override
  public RegisterBlock registers(RegionInfo region) {
    return RegisterBlock.over("bench:plain BAR0", ByteBuffer.allocateDirect(4096));
  }

  @Override
  public void enable(IrqIndex index, int start, List<@Nullable EventFd> triggers) {
    for (int i = 0; i < triggers.size(); i++) {
      lines.set(start + i, triggers.get(i));
    }
  }

  @Override
  public void disable(IrqIndex index) {
    for (int vector = 0; vector < lines.length(); vector++) {
      lines.set(vector, null);
    }
  }

  @Override
  public void mask(IrqIndex index, int vector) {}

  @Override
  public void unmask(IrqIndex index, int vector) {}

  @Override
  public void unmaskOn(IrqIndex index, int vector, @Nullable EventFd source) {}

  @Override
  public void trigger(IrqIndex index, int vector) {
    line(vector).signal();
  }

  @Override
  public IovaSpace iovas() {
    return iovas;
  }

  @Override
  public OptionalLong mappingsLeft() {
    return OptionalLong.empty();
  }

  @Override
  public void mapDma(DmaMapping mapping) {}

  @Override
  public void unmapDma(DmaMapping mapping) {}

  @Override
  public ResetOutcome reset() {
    return ResetOutcome.NOT_SUPPORTED;
  }

  @Override
  public void close() {}
}
