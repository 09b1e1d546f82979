package dev.vflux.hda;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.vflux.adsp.AlteredBackend;
import dev.vflux.emulated.BoardSettings;
import dev.vflux.emulated.EmulatedDevices;
import dev.vflux.reactive.DriverLoop;
import dev.vflux.reactive.ReactiveDevice;
import dev.vflux.testing.LeakCheck;
import dev.vflux.vfio.Device;
import dev.vflux.vfio.DeviceBackend;
import dev.vflux.vfio.DmaBuffer;
import dev.vflux.vfio.IrqIndex;
import dev.vflux.vfio.RegionIndex;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * What a period costs the loop's thread, from the eventfd to the stream's listener and to the
 * subscriber of the interrupts: no allocation. The registers are plain memory, since a model would
 * allocate on the thread that writes to them.
 */
@ExtendWith(LeakCheck.class)
class InterruptCostTest {

  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final int WARM_UP = 20_000;
  private static final int MEASURED = 20_000;

  /**
   * For all of {@link #MEASURED} periods together, half a byte each: what the JVM itself allocates
   * once, while it compiles. An object is at least 16 bytes, so one for every 32nd period is
   * already too much.
   */
  private static final long ALLOWED_BYTES = 10_000;

  private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private final PeriodRegisters registers = new PeriodRegisters();
  private final DeviceBackend backend =
      EmulatedDevices.backend(new PlainHda((hda, word) -> {}), BoardSettings.defaults());

  /** Listens to the stream, reads its position and looks at the interrupt. */
  private final class Meter extends BaseSubscriber<ServedInterrupt> implements StreamListener {

    private final Sinks.One<Long> allocated = Sinks.one();
    private final AtomicLong seen = new AtomicLong();
    private final HdaStream stream;
    private final boolean allocates;
    private final long thread;
    private long periods;
    private long positions;
    private long before;
    private long told;
    private byte[] kept = {};

    Meter(HdaStream stream, boolean allocates, long thread) {
      this.stream = stream;
      this.allocates = allocates;
      this.thread = thread;
    }

    @Override
    public void completed() {
      periods++;
      positions += stream.position() + stream.positionBuffer();
      if (allocates && (periods & 15) == 0) {
        kept = new byte[1];
      }
    }

    @Override
    public void starved() {}

    @Override
    public void failed() {}

    @Override
    protected void hookOnNext(ServedInterrupt served) {
      told += served.completed() == 1 << PeriodRegisters.STREAM ? served.count() : 0;
      long number = seen.incrementAndGet();
      if (number == WARM_UP / 2 || number == WARM_UP) {
        // read twice, because its first use allocates
        before = threads.getThreadAllocatedBytes(thread);
      } else if (number == WARM_UP + MEASURED) {
        allocated.tryEmitValue(threads.getThreadAllocatedBytes(thread) - before).orThrow();
      }
    }
  }

  private long allocated(boolean allocates) {
    Device device =
        AlteredBackend.of(backend).replacing(RegionIndex.BAR0, unusedModel -> registers).device();
    DriverLoop loop = DriverLoop.create();
    ReactiveDevice reactive = ReactiveDevice.of(device, loop);
    HdaController hda = HdaController.of(reactive);
    DmaBuffer ring = device.dma().allocate("ring", StreamBench.RING);
    DmaBuffer list = device.dma().allocate("BDL", 4096);
    try {
      long thread =
          Objects.requireNonNull(loop.call(() -> Thread.currentThread().getId()).block(LIMIT));
      Meter meter =
          hda.powerUp()
              .then(hda.reset())
              .then(Mono.fromSupplier(() -> metered(hda, ring, list, allocates, thread)))
              .flatMap(made -> made.stream.start().thenReturn(made))
              .subscribeOn(loop.scheduler())
              .blockOptional(LIMIT)
              .orElseThrow();
      drive(meter);
      assertThat(meter.periods).isEqualTo(meter.told).isEqualTo(meter.seen.get());
      assertThat(meter.positions).isZero();
      assertThat(meter.kept.length).isEqualTo(allocates ? 1 : 0);
      return Objects.requireNonNull(meter.allocated.asMono().block(LIMIT));
    } finally {
      hda.shutDown().then(hda.freeMemory()).subscribeOn(loop.scheduler()).block(LIMIT);
      ring.close();
      list.close();
      reactive.close().block(LIMIT);
      loop.close().block(LIMIT);
    }
  }

  private Meter metered(
      HdaController hda, DmaBuffer ring, DmaBuffer list, boolean allocates, long thread) {
    HdaStream stream = hda.openStream(StreamDirection.PLAYBACK);
    Meter meter = new Meter(stream, allocates, thread);
    hda.interrupts().subscribe(meter);
    hda.initChip();
    stream.listen(meter);
    stream
        .prepare(
            StreamRoute.LINK,
            StreamBench.S16_48,
            BufferDescriptorList.periods(ring.iova(), StreamBench.PERIOD, StreamBench.PERIODS),
            list)
        .subscribe();
    return meter;
  }

  private void drive(Meter meter) {
    long signalled = 0;
    long start = System.nanoTime();
    while (meter.seen.get() < WARM_UP + MEASURED) {
      // the next period only when the last was seen, so that each is an interrupt of its own
      if (meter.seen.get() == signalled) {
        signalled++;
        registers.report(0x04);
        backend.trigger(IrqIndex.MSI, 0);
      } else if (System.nanoTime() - start > LIMIT.toNanos()) {
        throw new AssertionError("period " + signalled + " was not seen within " + LIMIT);
      } else {
        Thread.onSpinWait();
      }
    }
  }

  @Test
  void aPeriodAllocatesNothing() {
    assertThat(allocated(false)).isLessThanOrEqualTo(ALLOWED_BYTES);
  }

  @Test
  void anAllocationAtEvery16thPeriodWouldBeSeen() {
    assertThat(allocated(true)).isGreaterThan(ALLOWED_BYTES);
  }
}
