package dev.vflux.reactive;

import dev.vflux.vfio.Device;
import dev.vflux.vfio.DeviceBackend;
import dev.vflux.vfio.DeviceInfo;
import dev.vflux.vfio.DmaMapping;
import dev.vflux.vfio.EventFd;
import dev.vflux.vfio.IovaRange;
import dev.vflux.vfio.IovaSpace;
import dev.vflux.vfio.IrqIndex;
import dev.vflux.vfio.IrqInfo;
import dev.vflux.vfio.IrqInfo.Flag;
import dev.vflux.vfio.RegionIndex;
import dev.vflux.vfio.RegionInfo;
import dev.vflux.vfio.RegisterBlock;
import dev.vflux.vfio.ResetOutcome;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A device without behaviour: BAR0 is memory, interrupts are signalled by the test, and every call
 * is written down. Any thread.
 */
final class TestBackend implements DeviceBackend {

  static final int VECTORS = 4;
  static final int BAR_SIZE = 0x1000;

  private final int vectors;
  final List<String> calls = new CopyOnWriteArrayList<>();

  /** Those about REQ, which every device has tied. */
  final List<String> requestCalls = new CopyOnWriteArrayList<>();

  private final Map<IrqIndex, @Nullable EventFd[]> triggers = new EnumMap<>(IrqIndex.class);
  private final IovaSpace iovas = new IovaSpace(4096, List.of(new IovaRange(0, 0xffff_ffffL)));
  private final MemoryBlock bar0 =
      new MemoryBlock("test:device BAR0", BAR_SIZE, () -> this.onRead.run());
  volatile Runnable onRead = () -> {};
  volatile Consumer<IrqIndex> onEnable = index -> {};

  TestBackend() {
    this(VECTORS);
  }

  TestBackend(int vectors) {
    this.vectors = vectors;
  }

  static ReactiveDevice open(TestBackend backend, DriverLoop loop) {
    return ReactiveDevice.of(Device.of(backend), loop);
  }

  /** The eventfd that the driver tied to a vector. */
  synchronized EventFd tied(IrqIndex index, int vector) {
    @Nullable EventFd[] all = triggers.get(index);
    EventFd trigger = all == null ? null : all[vector];
    if (trigger == null) {
      throw new AssertionError(index + " vector " + vector + " is not tied");
    }
    return trigger;
  }

  void signal(IrqIndex index, int vector) {
    tied(index, vector).signal();
  }

  @Override
  public DeviceInfo info() {
    return new DeviceInfo("test:device", "", false);
  }

  @Override
  public List<RegionInfo> regions() {
    return List.of(
        new RegionInfo(
            RegionIndex.BAR0,
            BAR_SIZE,
            Set.of(RegionInfo.Flag.READ, RegionInfo.Flag.WRITE),
            List.of()));
  }

  @Override
  public List<IrqInfo> irqs() {
    return List.of(
        new IrqInfo(IrqIndex.INTX, 1, Set.of(Flag.EVENTFD, Flag.MASKABLE, Flag.AUTOMASKED)),
        new IrqInfo(IrqIndex.MSI, vectors, Set.of(Flag.EVENTFD, Flag.NORESIZE)),
        new IrqInfo(IrqIndex.MSIX, 0, Set.of(Flag.EVENTFD, Flag.NORESIZE)),
        new IrqInfo(IrqIndex.REQ, 1, Set.of(Flag.EVENTFD, Flag.NORESIZE)));
  }

  @Override
  public RegisterBlock registers(RegionInfo region) {
    return bar0;
  }

  // javac 17 does not read type-use annotations of a compiled interface
  @SuppressWarnings("NullAway")
  @Override
  public void enable(IrqIndex index, int start, List<@Nullable EventFd> changed) {
    onEnable.accept(index);
    tie(index, start, changed);
  }

  private synchronized void tie(IrqIndex index, int start, List<@Nullable EventFd> changed) {
    calls(index).add("enable " + index + " " + start + "+" + changed.size());
    @Nullable EventFd[] tied =
        triggers.computeIfAbsent(index, unusedIndex -> new EventFd[start + changed.size()]);
    for (int i = 0; i < changed.size(); i++) {
      tied[start + i] = changed.get(i);
    }
  }

  @Override
  public synchronized void disable(IrqIndex index) {
    if (triggers.remove(index) != null) {
      calls(index).add("disable " + index);
    }
  }

  private List<String> calls(IrqIndex index) {
    return index == IrqIndex.REQ ? requestCalls : calls;
  }

  @Override
  public void mask(IrqIndex index, int vector) {
    calls.add("mask " + index + " " + vector);
  }

  @Override
  public void unmask(IrqIndex index, int vector) {
    calls.add("unmask " + index + " " + vector);
  }

  @Override
  public void unmaskOn(IrqIndex index, int vector, @Nullable EventFd source) {
    calls.add((source == null ? "unmaskOn none " : "unmaskOn ") + index + " " + vector);
  }

  @Override
  public void trigger(IrqIndex index, int vector) {
    signal(index, vector);
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
  public void mapDma(DmaMapping mapping) {
    calls.add("map");
  }

  @Override
  public void unmapDma(DmaMapping mapping) {
    calls.add("unmap");
  }

  @Override
  public ResetOutcome reset() {
    return ResetOutcome.NOT_SUPPORTED;
  }

  @Override
  public void close() {
    calls.add("close");
    bar0.close();
  }
}
