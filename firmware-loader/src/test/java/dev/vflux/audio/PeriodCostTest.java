package dev.vflux.audio;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.vflux.adsp.AlteredBackend;
import dev.vflux.emulated.BoardSettings;
import dev.vflux.emulated.EmulatedDevices;
import dev.vflux.hda.HdaController;
import dev.vflux.hda.PeriodRegisters;
import dev.vflux.hda.PlainHda;
import dev.vflux.reactive.DriverLoop;
import dev.vflux.reactive.ReactiveDevice;
import dev.vflux.testing.LeakCheck;
import dev.vflux.vfio.Device;
import dev.vflux.vfio.DeviceBackend;
import dev.vflux.vfio.IrqIndex;
import dev.vflux.vfio.RegionIndex;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * What a period of sound costs the loop's thread, from the eventfd to the ring: no allocation. The
 * registers are plain memory, since a model would allocate on the thread that writes to them.
 */
@ExtendWith(LeakCheck.class)
class PeriodCostTest {

  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final StreamSettings SETTINGS = StreamSettings.of(PcmFormat.DEFAULT);
  private static final int TICKS = 240_000;
  private static final int WARM_UP = 60_000;
  private static final int MEASURED = 20_000;

  /**
   * For all of {@link #MEASURED} periods together, half a byte each: what the JVM itself allocates
   * once, while it compiles. An object is at least 16 bytes.
   */
  private static final long ALLOWED_BYTES = 10_000;

  private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private final Sinks.One<Long> allocated = Sinks.one();
  private final AtomicLong seen = new AtomicLong();
  private long thread;
  private long before;
  private byte[] kept = {};

  private void period(boolean allocates) {
    long number = seen.incrementAndGet();
    if (allocates && (number & 15) == 0) {
      kept = new byte[1];
    }
    if (number == WARM_UP / 2 || number == WARM_UP) {
      // read twice, because its first use allocates
      before = threads.getThreadAllocatedBytes(thread);
    } else if (number == WARM_UP + MEASURED) {
      allocated.tryEmitValue(threads.getThreadAllocatedBytes(thread) - before).orThrow();
    }
  }

  private long cost(int stream, BiFunction<PcmHost, Runnable, Flux<?>> sound, boolean allocates) {
    PeriodRegisters registers = new PeriodRegisters(stream);
    DeviceBackend backend =
        EmulatedDevices.backend(new PlainHda((hda, word) -> {}), BoardSettings.defaults());
    Device device =
        AlteredBackend.of(backend).replacing(RegionIndex.BAR0, unusedModel -> registers).device();
    DriverLoop loop = DriverLoop.create();
    ReactiveDevice reactive = ReactiveDevice.of(device, loop);
    HdaController hda = HdaController.of(reactive);
    PcmHost host =
        new PcmHost("cost", reactive, hda, (way, settings) -> new LinkOnly(settings.format()));
    try {
      thread = Objects.requireNonNull(loop.call(() -> Thread.currentThread().getId()).block(LIMIT));
      hda.powerUp()
          .then(hda.reset())
          .then(
              Mono.fromRunnable(
                  () -> {
                    Disposable unusedEndsWithTheDevice = hda.interrupts().subscribe();
                    hda.initChip();
                  }))
          .subscribeOn(loop.scheduler())
          .block(LIMIT);
      Disposable playing = sound.apply(host, () -> period(allocates)).subscribe();
      drive(registers, backend, stream);
      playing.dispose();
      assertThat(kept.length).isEqualTo(allocates ? 1 : 0);
      return Objects.requireNonNull(allocated.asMono().block(LIMIT));
    } finally {
      Mono.defer(() -> host.end(new IllegalStateException("over")))
          .then(hda.shutDown())
          .then(hda.freeMemory())
          .subscribeOn(loop.scheduler())
          .block(LIMIT);
      reactive.close().block(LIMIT);
      loop.close().block(LIMIT);
    }
  }

  // the next period only when the last was seen, so that each is an interrupt of its own
  private void drive(PeriodRegisters registers, DeviceBackend backend, int stream) {
    long start = System.nanoTime();
    int run = 0x80 + 0x20 * stream;
    long atStart = stream < 4 ? 0 : SETTINGS.periods();
    long told = 0;
    while (seen.get() < WARM_UP + MEASURED) {
      boolean running = (registers.read32(run) & 2) != 0;
      if (running && seen.get() == atStart + told) {
        told++;
        int position = (int) (told * SETTINGS.periodBytes() % SETTINGS.bufferBytes());
        registers.move(stream, position, (int) (told * TICKS));
        registers.report(0x04);
        backend.trigger(IrqIndex.MSI, 0);
      } else if (System.nanoTime() - start > LIMIT.toNanos()) {
        throw new AssertionError("period " + told + " was not seen, but " + seen);
      } else {
        Thread.onSpinWait();
      }
    }
  }

  private static Flux<?> play(PcmHost host, Runnable period) {
    ByteBuffer bytes = ByteBuffer.allocate(SETTINGS.periodBytes());
    Flux<ByteBuffer> source =
        Flux.generate(
            sink -> {
              period.run();
              sink.next(bytes.clear());
            });
    return new Playback(host, SETTINGS).play(source).flux();
  }

  private static Flux<?> fill(PcmHost host, Runnable period) {
    return new Playback(host, SETTINGS)
        .periods()
        .doOnNext(
            free -> {
              period.run();
              free.buffer().position(free.buffer().limit());
            });
  }

  private static Flux<?> record(PcmHost host, Runnable period) {
    return new Capture(host, SETTINGS).periods().doOnNext(unusedPeriod -> period.run());
  }

  @Test
  void playingAllocatesNothing() {
    assertThat(cost(PeriodRegisters.STREAM, PeriodCostTest::play, false))
        .isLessThanOrEqualTo(ALLOWED_BYTES);
  }

  @Test
  void fillingInPlaceAllocatesNothing() {
    assertThat(cost(PeriodRegisters.STREAM, PeriodCostTest::fill, false))
        .isLessThanOrEqualTo(ALLOWED_BYTES);
  }

  @Test
  void recordingAllocatesNothing() {
    assertThat(cost(0, PeriodCostTest::record, false)).isLessThanOrEqualTo(ALLOWED_BYTES);
  }

  @Test
  void anAllocationAtEvery16thPeriodWouldBeSeen() {
    assertThat(cost(PeriodRegisters.STREAM, PeriodCostTest::play, true))
        .isGreaterThan(ALLOWED_BYTES);
  }
}
