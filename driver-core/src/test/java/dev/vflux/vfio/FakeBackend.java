package dev.vflux.vfio;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A backend that records what is asked of it and fails where a test wants it to. */
final class FakeBackend implements DeviceBackend {

  final List<String> calls = new ArrayList<>();
  final Set<String> failing = new HashSet<>();
  final List<DmaMapping> mapped = new ArrayList<>();
  final ByteBuffer config = ByteBuffer.allocateDirect(256);
  ResetOutcome outcome = ResetOutcome.DONE;
  private @Nullable IovaSpace space;
  List<IovaRange> ranges =
      List.of(new IovaRange(0, 0xfedf_ffffL), new IovaRange(0xfef0_0000L, (1L << 39) - 1));

  private void call(String name) {
    synchronized (calls) {
      calls.add(name);
    }
    if (failing.contains(name)) {
      throw new VfioException(name, "fake", 5, "");
    }
  }

  @Override
  public DeviceInfo info() {
    return new DeviceInfo("fake:device", "", true);
  }

  @Override
  public List<RegionInfo> regions() {
    return List.of(
        new RegionInfo(RegionIndex.BAR0, 0, Set.of(), List.of()),
        new RegionInfo(
            RegionIndex.CONFIG,
            256,
            Set.of(RegionInfo.Flag.READ, RegionInfo.Flag.WRITE),
            List.of()));
  }

  @Override
  public List<IrqInfo> irqs() {
    call("irqs");
    return List.of(
        new IrqInfo(IrqIndex.MSI, 1, Set.of(IrqInfo.Flag.EVENTFD)),
        new IrqInfo(IrqIndex.REQ, 1, Set.of(IrqInfo.Flag.EVENTFD)));
  }

  @Override
  public RegisterBlock registers(RegionInfo region) {
    call("registers");
    return RegisterBlock.over("fake:device " + region.index(), config);
  }

  // javac 17 drops the @Nullable of a type argument when it reads the interface's class file.
  @SuppressWarnings("NullAway")
  @Override
  public void enable(IrqIndex index, int start, List<@Nullable EventFd> triggers) {
    call("enable " + index);
  }

  @Override
  public void disable(IrqIndex index) {
    call("disable " + index);
  }

  @Override
  public void mask(IrqIndex index, int vector) {
    call("mask " + index);
  }

  @Override
  public void unmask(IrqIndex index, int vector) {
    call("unmask " + index);
  }

  @Override
  public void unmaskOn(IrqIndex index, int vector, @Nullable EventFd source) {
    call("unmaskOn " + index);
  }

  @Override
  public void trigger(IrqIndex index, int vector) {
    call("trigger " + index);
  }

  @Override
  public IovaSpace iovas() {
    call("iovas");
    IovaSpace known = space;
    if (known == null) {
      known = new IovaSpace(4096, ranges);
      space = known;
    }
    return known;
  }

  @Override
  public OptionalLong mappingsLeft() {
    synchronized (mapped) {
      return OptionalLong.of(16 - mapped.size());
    }
  }

  @Override
  public void mapDma(DmaMapping mapping) {
    call("mapDma");
    synchronized (mapped) {
      for (DmaMapping other : mapped) {
        if (mapping.iova() < other.iova() + other.size()
            && other.iova() < mapping.iova() + mapping.size()) {
          throw new VfioException("mapDma", "fake", 17, "");
        }
      }
      mapped.add(mapping);
    }
  }

  @Override
  public void unmapDma(DmaMapping mapping) {
    call("unmapDma");
    synchronized (mapped) {
      mapped.remove(mapping);
    }
  }

  @Override
  public ResetOutcome reset() {
    call("reset");
    return outcome;
  }

  @Override
  public void close() {
    call("close");
  }
}
