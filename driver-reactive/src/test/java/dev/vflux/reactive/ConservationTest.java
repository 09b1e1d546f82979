package dev.vflux.reactive;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vflux.testing.LeakCheck;
import dev.vflux.vfio.EventFd;
import dev.vflux.vfio.IrqIndex;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** A million signals from foreign threads: whatever the subscribers do, the sums are exact. */
@ExtendWith(LeakCheck.class)
class ConservationTest {

  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final int PRODUCERS = 4;
  private static final int SIGNALS = 250_000;
  private static final long TOTAL = (long) PRODUCERS * SIGNALS;

  private final TestBackend backend = new TestBackend();
  private final AtomicLong sum = new AtomicLong();
  private final Sinks.Empty<Void> complete = Sinks.empty();
  private DriverLoop loop;
  private ReactiveDevice device;
  private Scheduler producers;

  @BeforeEach
  void open() {
    loop = DriverLoop.create();
    device = TestBackend.open(backend, loop);
    producers = Schedulers.newParallel("producer", PRODUCERS);
    device.interrupts(IrqIndex.MSI, 0).subscribe().dispose();
  }

  @AfterEach
  void close() {
    producers.dispose();
    loop.close().block(LIMIT);
  }

  private Mono<Void> produce() {
    EventFd trigger = backend.tied(IrqIndex.MSI, 0);
    return Flux.range(0, PRODUCERS)
        .flatMap(p -> Mono.<Void>fromRunnable(() -> produce(trigger)).subscribeOn(producers))
        .then();
  }

  private static void produce(EventFd trigger) {
    for (int i = 0; i < SIGNALS; i++) {
      trigger.signal();
    }
  }

  private void count(long delivered) {
    if (sum.addAndGet(delivered) >= TOTAL) {
      Sinks.EmitResult unusedAgain = complete.tryEmitEmpty();
    }
  }

  private void exact() {
    complete.asMono().block(LIMIT);
    loop.call(() -> true).block(LIMIT);
    assertThat(sum).hasValue(TOTAL);
    assertThat(backend.tied(IrqIndex.MSI, 0).drain()).isZero();
  }

  @Test
  void oneAtATime() {
    BaseSubscriber<Interrupt> slow =
        new BaseSubscriber<>() {
          @Override
          protected void hookOnSubscribe(Subscription subscription) {
            request(1);
          }

          @Override
          protected void hookOnNext(Interrupt interrupt) {
            count(interrupt.count());
            request(1);
          }
        };
    device.interrupts(IrqIndex.MSI, 0).subscribe(slow);
    produce().block(LIMIT);
    exact();
  }

  @Test
  void oneAtATimeFromAnotherThread() {
    Scheduler consumer = Schedulers.newSingle("consumer");
    BaseSubscriber<Interrupt> slow =
        new BaseSubscriber<>() {
          @Override
          protected void hookOnSubscribe(Subscription subscription) {
            request(1);
          }

          @Override
          protected void hookOnNext(Interrupt interrupt) {
            count(interrupt.count());
            consumer.schedule(() -> request(1));
          }
        };
    device.interrupts(IrqIndex.MSI, 0).subscribe(slow);
    produce().block(LIMIT);
    exact();
    consumer.dispose();
  }

  @Test
  void withPrefetchOnAnotherThread() {
    device
        .interrupts(IrqIndex.MSI, 0)
        .map(Interrupt::snapshot)
        .publishOn(Schedulers.parallel(), 16)
        .subscribe(interrupt -> count(interrupt.count()));
    produce().block(LIMIT);
    exact();
  }

  /** Cancels on the test's thread while the loop delivers. */
  @Test
  void acrossForeignCancelAndResubscribe() {
    AtomicBoolean produced = new AtomicBoolean();
    AtomicReference<Throwable> failed = new AtomicReference<>();
    produce().doFinally(end -> produced.set(true)).subscribe(null, failed::set);
    int subscriptions = 0;
    long start = System.nanoTime();
    while (!produced.get()) {
      assertThat(System.nanoTime() - start).isLessThan(LIMIT.toNanos());
      subscribeAndCancel(subscriptions++);
    }
    assertThat(failed).hasValue(null);
    assertThat(subscriptions).isGreaterThan(100);
    device.interrupts(IrqIndex.MSI, 0).subscribe(i -> count(i.count()));
    exact();
  }

  // a bare subscriber: one that dropped after cancel what was on its way would lose it itself
  private void subscribeAndCancel(int spins) {
    BaseSubscriber<Interrupt> brief =
        new BaseSubscriber<>() {
          @Override
          protected void hookOnNext(Interrupt interrupt) {
            count(interrupt.count());
          }
        };
    device.interrupts(IrqIndex.MSI, 0).subscribe(brief);
    for (int i = 0; i < spins % 2000; i++) {
      Thread.onSpinWait();
    }
    brief.cancel();
  }

  @Test
  void acrossCancelInsideOnNext() {
    Mono<Void> produced = produce().cache();
    produced.subscribe();
    device
        .interrupts(IrqIndex.MSI, 0)
        .map(Interrupt::count)
        .take(3)
        .repeat()
        .subscribe(this::count);
    produced.block(LIMIT);
    exact();
  }
}
