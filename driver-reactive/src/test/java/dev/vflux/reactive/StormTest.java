package dev.vflux.reactive;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vflux.testing.Await;
import dev.vflux.testing.LeakCheck;
import dev.vflux.vfio.DriverException;
import dev.vflux.vfio.EventFd;
import dev.vflux.vfio.IrqIndex;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.SignalType;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * Closing from wherever while two threads signal without a pause and two others subscribe and
 * cancel without one: everybody hears of the end, and everything is given back once.
 */
@ExtendWith(LeakCheck.class)
class StormTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final int ROUNDS = 20;
  private static final int WATCHED = 2;

  /** Who closes what. */
  enum Closer {
    ANY_THREAD,
    THE_LOOP,
    TWO_THREADS,
    FOUR_TIMES,
    CLOSES_THE_LOOP,
    CLOSES_BOTH
  }

  private final TestBackend backend = new TestBackend();
  private final AtomicLong seen = new AtomicLong();
  private final AtomicInteger churned = new AtomicInteger();
  private final Queue<Throwable> unexpected = new ConcurrentLinkedQueue<>();
  private final Queue<Churn> left = new ConcurrentLinkedQueue<>();

  private record Round(DriverLoop loop, ReactiveDevice device) {

    Mono<Void> closed(Closer closer) {
      Mono<Void> elsewhere = device.close().subscribeOn(Schedulers.boundedElastic());
      return switch (closer) {
        case ANY_THREAD -> elsewhere;
        case THE_LOOP -> device.close().subscribeOn(loop.scheduler());
        case TWO_THREADS -> Mono.when(elsewhere, device.close().subscribeOn(loop.scheduler()));
        case FOUR_TIMES ->
            Flux.range(0, 4).flatMap(i -> elsewhere.subscribeOn(Schedulers.parallel())).then();
        case CLOSES_THE_LOOP -> loop.close();
        case CLOSES_BOTH -> Mono.when(elsewhere, loop.close());
      };
    }
  }

  /** One subscription of the churn. */
  private final class Churn extends BaseSubscriber<Interrupt> {

    private volatile boolean ended;

    @Override
    protected void hookOnNext(Interrupt interrupt) {
      seen.addAndGet(interrupt.count());
    }

    @Override
    protected void hookOnError(Throwable error) {
      // of a device that closes meanwhile
      if (!(error instanceof DriverException)) {
        unexpected.add(error);
      }
    }

    @Override
    protected void hookFinally(SignalType type) {
      ended = true;
    }
  }

  @ParameterizedTest
  @EnumSource
  void closesUnderAStormAndChurn(Closer closer) {
    Scheduler threads = Schedulers.newBoundedElastic(TestBackend.VECTORS, ROUNDS, "storm");
    for (int round = 0; round < ROUNDS; round++) {
      backend.calls.clear();
      closesOnce(closer, threads);
      assertThat(backend.calls)
          .filteredOn(call -> !call.startsWith("enable"))
          .containsExactly("disable MSI", "close");
    }
    threads.dispose();
    assertThat(unexpected).isEmpty();
  }

  private void closesOnce(Closer closer, Scheduler threads) {
    DriverLoop loop = DriverLoop.create();
    Round round = new Round(loop, TestBackend.open(backend, loop));
    List<Mono<Void>> watching = new ArrayList<>();
    List<EventFd> triggers = new ArrayList<>();
    for (int vector = 0; vector < TestBackend.VECTORS; vector++) {
      tie(round, vector);
    }
    for (int vector = 0; vector < TestBackend.VECTORS; vector++) {
      triggers.add(backend.tied(IrqIndex.MSI, vector));
    }
    for (int vector = 0; vector < WATCHED; vector++) {
      watching.add(watch(round, vector));
    }
    Mono<Void> storm =
        Flux.range(0, TestBackend.VECTORS)
            .flatMap(
                n ->
                    Mono.<Void>fromRunnable(
                            () -> {
                              if (n < WATCHED) {
                                storm(round, triggers);
                              } else {
                                churn(round, n);
                              }
                            })
                        .subscribeOn(threads))
            .then()
            .cache();
    storm.subscribe(null, unexpected::add);
    long before = seen.get();
    int churnedBefore = churned.get();
    Await.until(
        "storm and churn", () -> seen.get() > before + 100 && churned.get() > churnedBefore + 10);
    round.closed(closer).block(LIMIT);
    storm.block(LIMIT);
    Flux.merge(watching).then().block(LIMIT);
    assertThat(left).isNotEmpty();
    // told on the loop, or by who finds that it has ended
    Await.until("the last subscribers hear of the end", () -> left.stream().allMatch(c -> c.ended));
    left.clear();
    loop.close().block(LIMIT);
  }

  private static void tie(Round round, int vector) {
    round.device().interrupts(IrqIndex.MSI, vector).subscribe().dispose();
  }

  private Mono<Void> watch(Round round, int vector) {
    Mono<Void> end =
        round
            .device()
            .interrupts(IrqIndex.MSI, vector)
            .doOnNext(interrupt -> seen.addAndGet(interrupt.count()))
            .then()
            .cache();
    end.subscribe();
    return end;
  }

  private static void storm(Round round, List<EventFd> triggers) {
    while (!round.device().device().isClosed()) {
      triggers.forEach(EventFd::signal);
    }
  }

  /** Until the device refuses: the last subscription hears of the end. */
  private void churn(Round round, int vector) {
    boolean refused = false;
    for (int i = 0; !refused; i++) {
      Churn churn = new Churn();
      round.device().interrupts(IrqIndex.MSI, vector).subscribe(churn);
      spin(i % 500);
      refused = round.device().device().isClosed();
      if (refused) {
        left.add(churn);
      } else {
        churn.cancel();
      }
      int unusedCount = churned.incrementAndGet();
    }
  }

  private static void spin(int turns) {
    for (int i = 0; i < turns; i++) {
      Thread.onSpinWait();
    }
  }
}
