package dev.vflux.reactive;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.vflux.testing.LeakCheck;
import dev.vflux.vfio.EventFd;
import dev.vflux.vfio.IrqIndex;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** What an interrupt costs the loop's thread, and what a paused vector does not. */
@ExtendWith(LeakCheck.class)
class LoopCostTest {

  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final int WARM_UP = 5_000;
  private static final int MEASURED = 20_000;

  /**
   * For all of {@link #MEASURED} interrupts together, half a byte each: what the JVM itself
   * allocates once, while it compiles. An object is at least 16 bytes, so one for every 32nd
   * interrupt is already too much.
   */
  private static final long ALLOWED_BYTES = 10_000;

  private static final Duration PAUSE = Duration.ofSeconds(2);
  private static final long ALLOWED_PAUSE_NANOS = 1_000_000;

  private final TestBackend backend = new TestBackend();
  private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private DriverLoop loop;
  private ReactiveDevice device;
  private long loopThread;

  @BeforeEach
  void open() {
    open(0);
  }

  private void openSpinning(long micros) {
    close();
    open(micros);
  }

  private void open(long spinMicros) {
    loop = DriverLoop.builder().spin(Duration.of(spinMicros, ChronoUnit.MICROS)).build();
    device = TestBackend.open(backend, loop);
    loopThread =
        Objects.requireNonNull(loop.call(() -> Thread.currentThread().getId()).block(LIMIT));
  }

  @AfterEach
  void close() {
    loop.close().block(LIMIT);
  }

  /** Asks for one more each time and answers each with the next signal. */
  private final class Meter extends BaseSubscriber<Interrupt> {

    private final boolean oneByOne;
    private final Sinks.One<Long> allocated = Sinks.one();
    private final AtomicLong seen = new AtomicLong();
    private long before;
    private long times;

    Meter(boolean oneByOne) {
      this.oneByOne = oneByOne;
    }

    @Override
    protected void hookOnSubscribe(Subscription subscription) {
      subscription.request(oneByOne ? 1 : Long.MAX_VALUE);
    }

    @Override
    protected void hookOnNext(Interrupt interrupt) {
      times += interrupt.nanoTime() + interrupt.vector();
      long number = seen.incrementAndGet();
      if (number == WARM_UP / 2 || number == WARM_UP) {
        // read twice, because its first use allocates
        before = threads.getThreadAllocatedBytes(loopThread);
      } else if (number == WARM_UP + MEASURED) {
        long bytes = threads.getThreadAllocatedBytes(loopThread) - before;
        allocated.tryEmitValue(bytes).orThrow();
      }
      if (oneByOne) {
        request(1);
      }
    }
  }

  private long allocatedBy(boolean oneByOne, int ahead) {
    Meter meter = new Meter(oneByOne);
    device.interrupts(IrqIndex.MSI, 0).filter(i -> i.count() > 0).subscribe(meter);
    EventFd trigger = backend.tied(IrqIndex.MSI, 0);
    long signalled = 0;
    long start = System.nanoTime();
    while (meter.seen.get() < WARM_UP + MEASURED) {
      // with nothing ahead each signal is an interrupt of its own
      if (meter.seen.get() + ahead >= signalled) {
        signalled++;
        trigger.signal();
      } else if (System.nanoTime() - start > LIMIT.toNanos()) {
        throw new AssertionError("signal " + signalled + " was not seen within " + LIMIT);
      } else {
        Thread.onSpinWait();
      }
    }
    assertThat(meter.times).isNotZero();
    return Objects.requireNonNull(meter.allocated.asMono().block(LIMIT));
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 20, 1_000_000})
  void interruptsAllocateNothing(long spinMicros) {
    openSpinning(spinMicros);
    assertThat(allocatedBy(false, 0)).isLessThanOrEqualTo(ALLOWED_BYTES);
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 20, 1_000_000})
  void demandOfOneAllocatesNothing(long spinMicros) {
    openSpinning(spinMicros);
    assertThat(allocatedBy(true, 0)).isLessThanOrEqualTo(ALLOWED_BYTES);
  }

  @Test
  void metersAllocateNothing() {
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    VfluxMetrics.of(device).bindTo(registry);
    assertThat(allocatedBy(false, 0)).isLessThanOrEqualTo(ALLOWED_BYTES);
    assertThat(registry.get(DeviceMeters.INTERRUPTS).counter().count())
        .isGreaterThanOrEqualTo(WARM_UP + MEASURED);
    registry.close();
  }

  /** Signals come together, so that counts exceed one. */
  @ParameterizedTest
  @ValueSource(longs = {0, 20, 1_000_000})
  void stormsAllocateNothing(long spinMicros) {
    openSpinning(spinMicros);
    assertThat(allocatedBy(false, Integer.MAX_VALUE)).isLessThanOrEqualTo(ALLOWED_BYTES);
  }

  @Test
  void theMeterSeesAnAllocation() {
    Sinks.One<Long> allocated = Sinks.one();
    loop.execute(
        () -> {
          long before = threads.getThreadAllocatedBytes(loopThread);
          byte[] bytes = new byte[2 * (int) ALLOWED_BYTES];
          long after = threads.getThreadAllocatedBytes(loopThread);
          allocated.tryEmitValue(after - before + bytes[0]).orThrow();
        });
    assertThat(Objects.requireNonNull(allocated.asMono().block(LIMIT)))
        .isGreaterThan(ALLOWED_BYTES);
  }

  @Test
  void aPausedVectorCostsTheLoopNothing() {
    AtomicLong seen = new AtomicLong();
    Sinks.Empty<Void> first = Sinks.empty();
    BaseSubscriber<Interrupt> paused =
        new BaseSubscriber<>() {
          @Override
          protected void hookOnSubscribe(Subscription subscription) {
            request(1);
          }

          @Override
          protected void hookOnNext(Interrupt interrupt) {
            seen.addAndGet(interrupt.count());
            Sinks.EmitResult unusedAgain = first.tryEmitEmpty();
          }
        };
    device.interrupts(IrqIndex.MSI, 0).subscribe(paused);
    EventFd trigger = backend.tied(IrqIndex.MSI, 0);
    trigger.signal();
    first.asMono().block(LIMIT);
    // the first round may be the one that still delivers, the second begins after it
    loop.call(() -> true).block(LIMIT);
    loop.call(() -> true).block(LIMIT);
    Mono<Long> signals =
        Flux.interval(Duration.ofMillis(1))
            .take(PAUSE.toMillis())
            .doOnNext(i -> trigger.signal())
            .count();

    long before = threads.getThreadCpuTime(loopThread);
    Long signalled = signals.block(LIMIT);
    long spent = threads.getThreadCpuTime(loopThread) - before;

    assertThat(spent).isLessThan(ALLOWED_PAUSE_NANOS);
    paused.cancel();
    loop.call(() -> true).block(LIMIT);
    assertThat(seen).hasValue(1);
    assertThat(trigger.drain()).isEqualTo(signalled).isEqualTo(PAUSE.toMillis());
  }

  /** Nothing to wait for any more, so nothing to spin for. */
  @Test
  void aSpinningLoopComesToRest() {
    openSpinning(1000);
    long unusedBytes = allocatedBy(false, 0);
    Mono<Long> rest = Mono.delay(PAUSE);
    loop.call(() -> true).block(LIMIT);
    long before = threads.getThreadCpuTime(loopThread);
    rest.block(LIMIT);
    assertThat(threads.getThreadCpuTime(loopThread) - before).isLessThan(PAUSE.toNanos() / 100);
  }
}
