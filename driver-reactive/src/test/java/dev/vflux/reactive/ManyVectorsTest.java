package dev.vflux.reactive;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vflux.testing.LeakCheck;
import dev.vflux.vfio.IrqIndex;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** Hundreds of vectors of several devices on one loop, and one of them that never stops. */
@ExtendWith(LeakCheck.class)
class ManyVectorsTest {

  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final int DEVICES = 4;
  private static final int VECTORS = 256;
  private static final int ROUNDS = 20;
  private static final int STORM = 100_000;

  /**
   * Deliveries of one vector between two of another: those of one turn, and of each direct look.
   */
  private static final long FAIR = 8 * (1 + WaitStrategy.LOOKS_PER_POLL);

  private final List<TestBackend> backends = new ArrayList<>();
  private final List<ReactiveDevice> devices = new ArrayList<>();
  private final List<DriverLoop> loops = new ArrayList<>();

  private DriverLoop open(long spinMicros, int count, int vectors) {
    DriverLoop loop = DriverLoop.builder().spin(Duration.of(spinMicros, ChronoUnit.MICROS)).build();
    loops.add(loop);
    for (int i = 0; i < count; i++) {
      backends.add(new TestBackend(vectors));
      devices.add(TestBackend.open(backends.get(i), loop));
    }
    return loop;
  }

  @AfterEach
  void close() {
    loops.forEach(loop -> loop.close().block(LIMIT));
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1000})
  void everySignalOfEveryVectorIsCounted(long spinMicros) {
    DriverLoop loop = open(spinMicros, DEVICES, VECTORS);
    long[][] counts = new long[DEVICES][VECTORS];
    AtomicLong sum = new AtomicLong();
    Sinks.Empty<Void> complete = Sinks.empty();
    for (int d = 0; d < DEVICES; d++) {
      for (int v = 0; v < VECTORS; v++) {
        long[] ofDevice = counts[d];
        devices
            .get(d)
            .interrupts(IrqIndex.MSI, v)
            .subscribe(
                interrupt -> {
                  ofDevice[interrupt.vector()] += interrupt.count();
                  if (sum.addAndGet(interrupt.count()) == (long) ROUNDS * DEVICES * VECTORS) {
                    complete.tryEmitEmpty().orThrow();
                  }
                });
      }
    }
    Scheduler signallers = Schedulers.newParallel("signaller", DEVICES);
    Flux.fromIterable(backends)
        .flatMap(
            backend -> Flux.range(0, ROUNDS).doOnNext(r -> each(backend)).subscribeOn(signallers))
        .blockLast(LIMIT);
    complete.asMono().block(LIMIT);
    loop.call(() -> true).block(LIMIT);
    assertThat(counts).isDeepEqualTo(full());
    signallers.dispose();
  }

  private static void each(TestBackend backend) {
    for (int v = 0; v < VECTORS; v++) {
      backend.signal(IrqIndex.MSI, v);
    }
  }

  private static long[][] full() {
    long[][] full = new long[DEVICES][VECTORS];
    for (long[] ofDevice : full) {
      Arrays.fill(ofDevice, ROUNDS);
    }
    return full;
  }

  /** Vector 0 signals itself again, twice, in each delivery; vector 1 once, and makes a task. */
  @ParameterizedTest
  @ValueSource(longs = {0, 1000})
  void aStormStarvesNeitherVectorsNorTasksNorTimers(long spinMicros) {
    DriverLoop loop = open(spinMicros, 1, 2);
    TestBackend backend = backends.get(0);
    long[] storm = new long[1];
    List<Long> betweenDeliveries = new ArrayList<>();
    List<Long> betweenTasks = new ArrayList<>();
    Sinks.Empty<Void> complete = Sinks.empty();
    device(0)
        .doOnNext(
            interrupt -> {
              storm[0]++;
              if (storm[0] == STORM) {
                complete.tryEmitEmpty().orThrow();
              }
              backend.tied(IrqIndex.MSI, 0).signal(2);
            })
        .takeUntilOther(complete.asMono())
        .subscribe();
    device(1)
        .doOnNext(
            interrupt -> {
              betweenDeliveries.add(storm[0]);
              loop.execute(() -> betweenTasks.add(storm[0]));
              backend.signal(IrqIndex.MSI, 1);
            })
        .takeUntilOther(complete.asMono())
        .subscribe();
    backend.tied(IrqIndex.MSI, 0).signal(2);
    backend.signal(IrqIndex.MSI, 1);
    Flux.interval(Duration.ofMillis(1), loop.scheduler()).take(20).blockLast(LIMIT);
    complete.asMono().block(LIMIT);
    loop.call(() -> true).block(LIMIT);

    assertThat(gaps(betweenDeliveries)).hasSizeGreaterThan(100).allMatch(gap -> gap <= FAIR);
    assertThat(gaps(betweenTasks)).hasSizeGreaterThan(100).allMatch(gap -> gap <= FAIR);
    assertThat(backend.tied(IrqIndex.MSI, 0).drain()).isEqualTo(2);
    assertThat(backend.tied(IrqIndex.MSI, 1).drain()).isEqualTo(1);
  }

  private Flux<Interrupt> device(int vector) {
    return devices.get(0).interrupts(IrqIndex.MSI, vector);
  }

  private static List<Long> gaps(List<Long> values) {
    List<Long> gaps = new ArrayList<>();
    for (int i = 1; i < values.size(); i++) {
      gaps.add(values.get(i) - values.get(i - 1));
    }
    return gaps;
  }
}
