package dev.vflux.samples.programs;

import dev.vflux.reactive.DriverLoop;
import dev.vflux.reactive.Interrupt;
import dev.vflux.reactive.ReactiveDevice;
import dev.vflux.vfio.IrqIndex;
import dev.vflux.vfio.RegionIndex;
import java.time.Duration;
import reactor.core.publisher.Flux;

/** One idea: subscribe to a vector and log its interrupts. The device is QEMU's edu, emulated. */
public final class WatchInterrupts {

  private static final long PCI_COMMAND = 0x04;
  private static final int COMMAND_MEMORY = 0x2;
  private static final int COMMAND_MASTER = 0x4;
  private static final long RAISE = 0x60;

  private WatchInterrupts() {}

  /** Each interrupt as a line; opens the device when subscribed, closes it at the end. */
  static Flux<String> watch(String uri, DriverLoop loop) {
    return Flux.usingWhen(
        ReactiveDevice.open(uri, loop),
        device -> lines(device).mergeWith(raiseEvery(Duration.ofMillis(100), device)),
        ReactiveDevice::close);
  }

  private static Flux<String> lines(ReactiveDevice device) {
    // an MSI is a memory write of the device: it needs bus mastering, as DMA does
    device.region(RegionIndex.CONFIG).write16(PCI_COMMAND, COMMAND_MEMORY | COMMAND_MASTER);
    return device.interrupts(IrqIndex.MSI, 0).map(WatchInterrupts::line);
  }

  // an Interrupt is valid until onNext returns: take what you need, or keep its snapshot()
  private static String line(Interrupt interrupt) {
    return interrupt.index() + " " + interrupt.vector() + ": " + interrupt.count();
  }

  private static Flux<String> raiseEvery(Duration period, ReactiveDevice device) {
    return Flux.interval(period, device.loop().scheduler())
        .doOnNext(tick -> device.region(RegionIndex.BAR0).write32(RAISE, 1))
        .ignoreElements()
        .cast(String.class)
        .flux();
  }

  /**
   * Logs five interrupts.
   *
   * @param args none
   */
  public static void main(String[] args) {
    DriverLoop loop = DriverLoop.create();
    watch("emulated:edu", loop).take(5).doOnNext(System.out::println).blockLast();
    loop.close().block();
  }
}
