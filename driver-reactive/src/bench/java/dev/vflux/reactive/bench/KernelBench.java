package dev.vflux.reactive.bench;

import dev.vflux.bench.CTwin;
import dev.vflux.bench.Comparison;
import dev.vflux.bench.Report;
import dev.vflux.bench.Rounds;
import dev.vflux.reactive.DriverLoop;
import dev.vflux.reactive.ReactiveDevice;
import dev.vflux.vfio.IrqIndex;
import dev.vflux.vfio.RegionIndex;
import dev.vflux.vfio.RegisterBlock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * QEMU's edu device through the real kernel's VFIO, beside a C program that does the same. Rounds
 * of the twins alternate, each opens the device anew. Run in the guest of {@code .ci/vm/bench};
 * absolute figures under emulation mean nothing, ratios do.
 */
public final class KernelBench {

  private static final int ROUNDS = 11;
  private static final int EVENTS = 2000;
  private static final int READS = 20_000;
  private static final int MAPS = 500;
  private static final long MAP_SIZE = 65536;
  // QEMU, docs/specs/edu
  private static final int RAISE = 0x60;
  private static final int ACKNOWLEDGE = 0x64;
  // PCI Local Bus Specification 3.0, 6.2.2
  private static final int COMMAND = 0x04;
  private static final int COMMAND_MASTER = 0x4;

  private static final List<Comparison> COMPARISONS =
      List.of(
          Comparison.atMost(
              1.2, "raise to handler p50, edu", "ns", "raise_p50", "C epoll", "c.raise_p50"),
          Comparison.plain(
              "loop-back to handler p50", "ns", "loopback_p50", "C epoll", "c.loopback_p50"),
          Comparison.plain("register read", "ns", "register_read", "C volatile", "c.register_read"),
          Comparison.plain("config read, 4 bytes", "ns", "config_read", "C pread", "c.config_read"),
          Comparison.plain(
              "DMA map and unmap, 64 KiB", "ns", "map_unmap", "C ioctl", "c.map_unmap"));

  private final String address;
  private final DriverLoop loop = DriverLoop.create();
  private final long[] latency = new long[EVENTS];
  private final AtomicLong handled = new AtomicLong();
  private volatile long handledAt;
  private long sent;

  private KernelBench(String address) {
    this.address = address;
  }

  /**
   * Runs both twins and prints medians and ratios.
   *
   * @param args the PCI address of an edu device that is bound to vfio-pci; how many rounds
   */
  public static void main(String[] args) throws IOException {
    new KernelBench(args[0]).run(args.length > 1 ? Integer.parseInt(args[1]) : ROUNDS);
  }

  private void run(int count) throws IOException {
    CTwin twin = CTwin.compile("kernel").orElseThrow();
    String group =
        Files.readSymbolicLink(Path.of("/sys/bus/pci/devices", address, "iommu_group"))
            .getFileName()
            .toString();
    round(new Rounds());
    Rounds rounds = new Rounds();
    for (int i = 0; i < count; i++) {
      round(rounds);
      rounds.add("c.", twin.run(address, group, "" + EVENTS, "" + READS, "" + MAPS));
    }
    loop.close().block();
    new Report("kernel", rounds, COMPARISONS).publish();
  }

  private void round(Rounds rounds) {
    ReactiveDevice device = ReactiveDevice.open("vfio:" + address + "?iommu=group", loop).block();
    RegisterBlock config = device.device().registers(RegionIndex.CONFIG);
    RegisterBlock bar = device.device().registers(RegionIndex.BAR0);
    config.update16(COMMAND, COMMAND_MASTER, COMMAND_MASTER);
    var subscription =
        device
            .interrupts(IrqIndex.MSI, 0)
            .subscribe(
                interrupt -> {
                  handledAt = System.nanoTime();
                  long unusedSum = handled.addAndGet(interrupt.count());
                });
    loop.call(() -> true).block();
    latency(rounds, "raise_p50", () -> bar.write32(RAISE, 1), () -> bar.write32(ACKNOWLEDGE, 1));
    latency(rounds, "loopback_p50", () -> device.device().irq(IrqIndex.MSI).trigger(0), () -> {});
    int sum = each(rounds, "register_read", READS, () -> bar.read32(0));
    sum += each(rounds, "config_read", READS, () -> config.read32(0));
    each(rounds, "map_unmap", MAPS, () -> mapAndUnmap(device));
    if (sum == 0) {
      throw new IllegalStateException("nothing was read");
    }
    subscription.dispose();
    device.close().block();
  }

  private static int mapAndUnmap(ReactiveDevice device) {
    device.device().dma().allocate("bench", MAP_SIZE).close();
    return 1;
  }

  private void latency(Rounds rounds, String name, Runnable raise, Runnable acknowledge) {
    for (int i = 0; i < EVENTS; i++) {
      long start = System.nanoTime();
      raise.run();
      sent++;
      while (handled.get() != sent) {
        Thread.onSpinWait();
      }
      latency[i] = handledAt - start;
      acknowledge.run();
    }
    Arrays.sort(latency);
    rounds.add(name, (double) latency[EVENTS / 2]);
  }

  private static int each(Rounds rounds, String name, int times, IntSource step) {
    int sum = 0;
    long start = System.nanoTime();
    for (int i = 0; i < times; i++) {
      sum += step.get();
    }
    rounds.add(name, (double) (System.nanoTime() - start) / times);
    return sum;
  }

  @FunctionalInterface
  private interface IntSource {
    int get();
  }
}
