package dev.vflux.reactive;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vflux.testing.Await;
import dev.vflux.testing.LeakCheck;
import dev.vflux.vfio.IrqIndex;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

/** "Handle, then unmask", one at a time, on INTx. */
@ExtendWith(LeakCheck.class)
class HandleTest {

  private static final Duration LIMIT = Duration.ofSeconds(10);
  private static final String ENABLE = "enable INTX 0+1";
  private static final String UNMASK = "unmask INTX 0";

  private final TestBackend backend = new TestBackend();
  private DriverLoop loop;
  private ReactiveDevice device;

  @BeforeEach
  void open() {
    loop = DriverLoop.create();
    device = TestBackend.open(backend, loop);
  }

  @AfterEach
  void close() {
    loop.close().block(LIMIT);
  }

  private void signal() {
    backend.signal(IrqIndex.INTX, 0);
  }

  // twice: what was ready before the first task is seen before the second
  private void settle() {
    loop.call(() -> true).block(LIMIT);
    loop.call(() -> true).block(LIMIT);
  }

  private Mono<Void> log(String what) {
    return Mono.fromRunnable(() -> backend.calls.add(what));
  }

  @Test
  void unmasksAfterTheHandlerAlsoWhenItCompletesEmpty() {
    StepVerifier.create(
            device
                .handle(IrqIndex.INTX, 0, interrupt -> log("handled " + interrupt.count()))
                .doOnNext(interrupt -> backend.calls.add("passed on " + interrupt.count()))
                .take(1))
        .then(this::signal)
        .expectNextCount(1)
        .expectComplete()
        .verify(LIMIT);
    assertThat(backend.calls).containsExactly(ENABLE, "handled 1", UNMASK, "passed on 1");
  }

  @Test
  void ignoresWhatTheHandlerEmits() {
    StepVerifier.create(
            device.handle(IrqIndex.INTX, 0, interrupt -> Flux.range(0, 100)).map(Interrupt::count))
        .then(this::signal)
        .expectNext(1L)
        .then(this::signal)
        .expectNext(1L)
        .thenCancel()
        .verify(LIMIT);
    assertThat(backend.calls).containsExactly(ENABLE, UNMASK, UNMASK);
  }

  @Test
  void handlesOneAtATimeAndCountsMeanwhile() {
    List<Sinks.Empty<Void>> running = new CopyOnWriteArrayList<>();
    StepVerifier.create(
            device
                .handle(
                    IrqIndex.INTX,
                    0,
                    interrupt -> {
                      Sinks.Empty<Void> done = Sinks.empty();
                      running.add(done);
                      return done.asMono();
                    })
                .map(Interrupt::count))
        .then(this::signal)
        .then(() -> Await.until("handler 1 runs", () -> running.size() == 1))
        .then(this::signal)
        .then(this::signal)
        .then(this::settle)
        .then(() -> assertThat(running).hasSize(1))
        .then(() -> assertThat(backend.calls).containsExactly(ENABLE))
        .then(() -> running.get(0).tryEmitEmpty().orThrow())
        .expectNext(1L)
        .then(() -> Await.until("handler 2 runs", () -> running.size() == 2))
        .then(() -> running.get(1).tryEmitEmpty().orThrow())
        .expectNext(2L)
        .thenCancel()
        .verify(LIMIT);
  }

  @Test
  void looksForTheNextOnlyWhenItIsWanted() {
    AtomicInteger handled = new AtomicInteger();
    StepVerifier.create(
            device
                .handle(IrqIndex.INTX, 0, interrupt -> Mono.fromRunnable(handled::incrementAndGet))
                .map(Interrupt::count),
            1)
        .then(this::signal)
        .expectNext(1L)
        .then(this::signal)
        .then(this::settle)
        .then(this::signal)
        .then(this::settle)
        .then(() -> assertThat(handled).hasValue(1))
        .thenRequest(1)
        .expectNext(2L)
        .then(() -> assertThat(handled).hasValue(2))
        .then(this::signal)
        .then(this::settle)
        .then(() -> assertThat(backend.tied(IrqIndex.INTX, 0).drain()).isEqualTo(1))
        .thenCancel()
        .verify(LIMIT);
  }

  @Test
  void demandOfSeveralHandlesThatMany() {
    AtomicInteger handled = new AtomicInteger();
    StepVerifier.create(
            device
                .handle(IrqIndex.INTX, 0, interrupt -> Mono.fromRunnable(handled::incrementAndGet))
                .map(Interrupt::count),
            0)
        .then(this::signal)
        .then(this::settle)
        .then(() -> assertThat(handled).hasValue(0))
        .thenRequest(2)
        .expectNext(1L)
        .then(this::signal)
        .expectNext(1L)
        .then(this::signal)
        .then(this::settle)
        .then(() -> assertThat(handled).hasValue(2))
        .thenRequest(Long.MAX_VALUE)
        .expectNext(1L)
        .then(this::signal)
        .expectNext(1L)
        .thenCancel()
        .verify(LIMIT);
  }

  @Test
  void comesBackToTheLoopFromWhereverTheHandlerEnds() {
    StepVerifier.create(
            device
                .handle(
                    IrqIndex.INTX,
                    0,
                    interrupt -> Mono.delay(Duration.ofMillis(1), Schedulers.parallel()))
                .map(interrupt -> loop.inEventLoop())
                .take(1))
        .then(this::signal)
        .expectNext(true)
        .expectComplete()
        .verify(LIMIT);
  }

  @Test
  void leavesTheLineMaskedAfterAnErrorUntilItIsSubscribedAgain() {
    IllegalStateException broken = new IllegalStateException("device broken");
    StepVerifier.create(device.handle(IrqIndex.INTX, 0, interrupt -> Mono.error(broken)))
        .then(this::signal)
        .expectErrorMatches(e -> e == broken)
        .verify(LIMIT);
    assertThat(backend.calls).containsExactly(ENABLE);

    StepVerifier.create(device.handle(IrqIndex.INTX, 0, interrupt -> Mono.empty()).take(1).then())
        .then(this::settle)
        .then(() -> assertThat(backend.calls).containsExactly(ENABLE, UNMASK))
        .then(this::signal)
        .expectComplete()
        .verify(LIMIT);
    assertThat(backend.calls).containsExactly(ENABLE, UNMASK, UNMASK);
  }

  @Test
  void turnsAThrowingHandlerIntoAnError() {
    StepVerifier.create(
            device.handle(
                IrqIndex.INTX,
                0,
                interrupt -> {
                  throw new IllegalArgumentException("bug in the handler");
                }))
        .then(this::signal)
        .expectErrorMessage("bug in the handler")
        .verify(LIMIT);
    assertThat(backend.calls).containsExactly(ENABLE);
  }

  @Test
  void leavesTheLineMaskedWhenCancelledInsideTheHandler() {
    Sinks.Empty<Void> entered = Sinks.empty();
    Disposable handling =
        device
            .handle(
                IrqIndex.INTX,
                0,
                interrupt -> {
                  entered.tryEmitEmpty().orThrow();
                  return Mono.never();
                })
            .subscribe();
    signal();
    entered.asMono().block(LIMIT);
    handling.dispose();
    settle();
    assertThat(backend.calls).containsExactly(ENABLE);
  }

  @Test
  void aRefusedSecondSubscriberUnmasksNothing() {
    Sinks.Empty<Void> entered = Sinks.empty();
    Disposable handling =
        device
            .handle(
                IrqIndex.INTX,
                0,
                interrupt -> {
                  entered.tryEmitEmpty().orThrow();
                  return Mono.never();
                })
            .subscribe();
    signal();
    entered.asMono().block(LIMIT);
    StepVerifier.create(device.handle(IrqIndex.INTX, 0, interrupt -> Mono.empty()))
        .expectError(IllegalStateException.class)
        .verify(LIMIT);
    settle();
    assertThat(backend.calls).containsExactly(ENABLE);
    handling.dispose();
  }
}
