package dev.vflux.audio;

import dev.vflux.emulated.BoardSettings;
import dev.vflux.emulated.DeviceClock;
import dev.vflux.emulated.EmulatedDevices;
import dev.vflux.emulated.FaultPlan;
import dev.vflux.emulated.SteppedClock;
import dev.vflux.reactive.DriverLoop;
import dev.vflux.reactive.ReactiveDevice;
import dev.vflux.testing.Await;
import dev.vflux.vfio.RegionIndex;
import dev.vflux.vfio.RegisterBlock;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import reactor.core.publisher.Mono;
import reactor.test.scheduler.VirtualTimeScheduler;

/** A model on a clock that the test steps, in lockstep with the loop that serves it. */
final class PcmBench implements AutoCloseable {

  static final Duration LIMIT = Duration.ofSeconds(30);

  private static final long INTCTL = 0x20;
  private static final long INTSTS = 0x24;
  private static final long SDCTL = 0x80;
  private static final long SD_STRIDE = 0x20;
  private static final int RUN = 0x2;
  private static final int STREAMS = 0x3fffffff;
  private static final Duration MILLISECOND = Duration.ofMillis(1);
  private static final long PAUSE_NANOS = 5_000;
  private static final Duration STEP = Duration.ofNanos(50_000);

  final SteppedClock clock = DeviceClock.stepped();
  final VirtualTimeScheduler time = VirtualTimeScheduler.create();
  final DriverLoop loop = DriverLoop.builder().timer(time).build();
  final ReactiveDevice device;
  final RegisterBlock bar0;

  private PcmBench(String model, BoardSettings.Builder settings) {
    device = ReactiveDevice.of(EmulatedDevices.open(model, settings.clock(clock).build()), loop);
    bar0 = device.device().registers(RegionIndex.BAR0);
  }

  static PcmBench open(Map<String, String> options, String faults) {
    BoardSettings.Builder settings = BoardSettings.builder();
    options.forEach(settings::option);
    if (!faults.isEmpty()) {
      settings.faults(FaultPlan.parse(faults));
    }
    return new PcmBench("cml", settings);
  }

  /** Lets the device's time pass until a result is there. */
  <T> T await(Mono<T> result) {
    CompletableFuture<T> future = result.toFuture();
    passUntil(future::isDone);
    return future.join();
  }

  /** Lets the device's time pass until it is done. */
  void done(Mono<Void> work) {
    await(work.thenReturn(true));
  }

  /** Lets time pass in small steps until a condition holds. */
  void passUntil(BooleanSupplier condition) {
    long start = System.nanoTime();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - start > LIMIT.toNanos()) {
        throw new AssertionError("not within " + LIMIT);
      }
      step(STEP);
      // memory is mapped by another thread, whose time is its own
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }

  private void step(Duration by) {
    clock.advance(by);
    served();
    time.advanceTimeBy(by);
    served();
  }

  /** Lets time pass, a millisecond at a time, each when the loop has served the one before. */
  void pass(Duration length) {
    pass(length, MILLISECOND);
  }

  /** Lets time pass in steps, each when the loop has served the one before. */
  void pass(Duration length, Duration by) {
    for (long left = length.dividedBy(by); left > 0; left--) {
      step(by);
    }
  }

  /** Every interrupt was served, and what followed from it was done. */
  void served() {
    if (interrupting()) {
      Await.until("interrupts are served", () -> !interrupting());
    }
    hop();
  }

  /** Whether SDxCTL.RUN is set. */
  boolean running(int stream) {
    return (bar0.read32(SDCTL + SD_STRIDE * stream) & RUN) != 0;
  }

  // a stream whose interrupt is enabled; a codec may report itself without one
  private boolean interrupting() {
    int enabled = bar0.read32(INTCTL);
    return enabled < 0 && (bar0.read32(INTSTS) & enabled & STREAMS) != 0;
  }

  /** What the loop had to do is done. */
  void hop() {
    loop.<Void>call(() -> null).block(LIMIT);
  }

  @Override
  public void close() {
    CompletableFuture<Void> closed = device.close().toFuture();
    while (!closed.isDone()) {
      clock.advance(STEP);
      time.advanceTimeBy(STEP);
      LockSupport.parkNanos(PAUSE_NANOS);
    }
    closed.join();
    loop.close().block(LIMIT);
    time.dispose();
  }
}
