package dev.vflux.audio;

import static org.assertj.core.api.Assertions.assertThat;

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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import reactor.core.publisher.Mono;

/** A model on a clock that the test steps, in lockstep with the loop that serves it. */
final class PcmBench implements AutoCloseable {

  static final Duration LIMIT = Duration.ofSeconds(30);

  private static final long INTCTL = 0x20;
  private static final long INTSTS = 0x24;
  private static final long SDCTL = 0x80;
  private static final long SD_STRIDE = 0x20;
  private static final int RUN = 0x2;
  private static final int GONE = -1;
  // typed from the datasheets' tables, not from the driver
  private static final int STREAM_COUNT = 16;
  private static final long SSYNC = 0x38;
  private static final long PPCTL = 0x804;
  private static final long PPLC = 0x810 + 0x10 * STREAM_COUNT;
  private static final long PP_STRIDE = 0x10;
  private static final long SPBFCCTL = 0x704;
  private static final long SPIB = 0x708;
  private static final long SPIB_STRIDE = 8;
  private static final long ML_FIRST = 0xc40;
  private static final long ML_STRIDE = 0x40;
  private static final long ML_END = ML_FIRST + 2 * ML_STRIDE;
  private static final long LOSIDV = 0x08;
  private static final long EM2 = 0x1030;
  private static final int STREAMS = 0x3fffffff;
  private static final Duration MILLISECOND = Duration.ofMillis(1);
  private static final long PAUSE_NANOS = 5_000;
  private static final Duration STEP = Duration.ofNanos(50_000);

  final SteppedClock clock = DeviceClock.stepped();
  final SteppedScheduler time = new SteppedScheduler();
  final DriverLoop loop = DriverLoop.builder().timer(time).build();
  final ReactiveDevice device;
  final RegisterBlock bar0;

  private PcmBench(String model, BoardSettings.Builder settings) {
    time.attach(loop::execute);
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
    time.advance(by);
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

  /** The enables of INTCTL for streams. */
  int streamInterrupts() {
    return bar0.read32(INTCTL) & STREAMS;
  }

  /** All that is set for streams and links, but not what a position has come to. */
  List<Integer> streamRegisters() {
    List<Integer> values = new ArrayList<>();
    values.add(streamInterrupts());
    values.add(bar0.read32(SSYNC));
    values.add(bar0.read32(PPCTL));
    values.add(bar0.read32(SPBFCCTL));
    values.add(bar0.read32(EM2));
    for (long link = ML_FIRST; link < ML_END; link += ML_STRIDE) {
      values.add(bar0.read32(link + LOSIDV));
    }
    for (int stream = 0; stream < STREAM_COUNT; stream++) {
      for (long at = 0; at < SD_STRIDE; at += Integer.BYTES) {
        values.add(bar0.read32(SDCTL + SD_STRIDE * stream + at));
      }
      values.add(bar0.read32(SPIB + SPIB_STRIDE * stream));
      values.add(bar0.read32(PPLC + PP_STRIDE * stream));
    }
    return values;
  }

  /** Sets or clears the stream's bit of SSYNC: its DMA stands still, and the clock goes on. */
  void hold(int stream, boolean on) {
    bar0.update32(SSYNC, 1 << stream, on ? 1 << stream : 0);
  }

  // a stream whose interrupt is enabled; a codec may report itself without one
  private boolean interrupting() {
    int enabled = bar0.read32(INTCTL);
    int status = bar0.read32(INTSTS);
    return enabled < 0 && (status & enabled & STREAMS) != 0 && status != GONE;
  }

  /** What the loop had to do is done. Not by its scheduler: there time stands still. */
  void hop() {
    CompletableFuture<Boolean> done = new CompletableFuture<>();
    loop.execute(() -> done.complete(true));
    assertThat(done).succeedsWithin(LIMIT);
  }

  @Override
  public void close() {
    CompletableFuture<Void> closed = device.close().toFuture();
    while (!closed.isDone()) {
      clock.advance(STEP);
      time.advance(STEP);
      LockSupport.parkNanos(PAUSE_NANOS);
    }
    closed.join();
    loop.close().block(LIMIT);
    time.dispose();
  }
}
