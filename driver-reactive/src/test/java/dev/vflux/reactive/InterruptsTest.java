package dev.vflux.reactive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vflux.testing.LeakCheck;
import dev.vflux.vfio.DriverException;
import dev.vflux.vfio.IrqException;
import dev.vflux.vfio.IrqIndex;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

@ExtendWith(LeakCheck.class)
class InterruptsTest {

  private static final Duration LIMIT = Duration.ofSeconds(10);

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

  private Flux<Long> counts(IrqIndex index, int vector) {
    return device.interrupts(index, vector).map(Interrupt::count);
  }

  private void signal(int vector, int times) {
    for (int i = 0; i < times; i++) {
      backend.signal(IrqIndex.MSI, vector);
    }
  }

  private void settle() {
    loop.call(() -> true).block(LIMIT);
  }

  @Test
  void signalsAddUpWhileThereIsNoDemand() {
    StepVerifier.create(counts(IrqIndex.MSI, 0), 0)
        .then(() -> signal(0, 3))
        .then(this::settle)
        .then(() -> signal(0, 4))
        .thenRequest(1)
        .expectNext(7L)
        .then(() -> signal(0, 2))
        .thenRequest(1)
        .expectNext(2L)
        .thenCancel()
        .verify(LIMIT);
  }

  @Test
  void theKernelsCounterIsNotReadWithoutDemand() {
    StepVerifier.create(counts(IrqIndex.MSI, 0), 1)
        .then(() -> signal(0, 1))
        .expectNext(1L)
        .then(() -> signal(0, 5))
        .then(this::settle)
        .then(() -> assertThat(backend.tied(IrqIndex.MSI, 0).drain()).isEqualTo(5))
        .thenCancel()
        .verify(LIMIT);
  }

  @Test
  void everySignalComesOnTheLoopWithItsTime() {
    long before = System.nanoTime();
    StepVerifier.create(
            device
                .interrupts(IrqIndex.MSI, 1)
                .doOnNext(i -> assertThat(loop.inEventLoop()).isTrue())
                .map(Interrupt::snapshot))
        .then(() -> signal(1, 1))
        .assertNext(
            i -> {
              assertThat(i.index()).isEqualTo(IrqIndex.MSI);
              assertThat(i.vector()).isEqualTo(1);
              assertThat(i.count()).isEqualTo(1);
              assertThat(i.nanoTime()).isBetween(before, System.nanoTime());
              assertThat(i).hasToString("test:device MSI vector 1 x1");
            })
        .thenCancel()
        .verify(LIMIT);
  }

  @Test
  void whatOneLookFindsHasOneTime() {
    List<Long> times = new CopyOnWriteArrayList<>();
    List<Long> seen = new CopyOnWriteArrayList<>();
    Runnable bothAtOnce =
        () -> {
          signal(0, 1);
          signal(1, 1);
        };
    StepVerifier.create(
            Flux.merge(
                    device.interrupts(IrqIndex.MSI, 0).doOnNext(i -> times.add(i.nanoTime())),
                    device.interrupts(IrqIndex.MSI, 1).doOnNext(i -> times.add(i.nanoTime())))
                .doOnNext(i -> seen.add(System.nanoTime())))
        // on the loop, so that it cannot look in between
        .then(() -> loop.execute(bothAtOnce))
        .expectNextCount(2)
        .then(() -> loop.execute(bothAtOnce))
        .expectNextCount(2)
        .thenCancel()
        .verify(LIMIT);
    assertThat(times.get(1)).isEqualTo(times.get(0)).isLessThanOrEqualTo(seen.get(0));
    assertThat(times.get(3)).isEqualTo(times.get(2)).isGreaterThanOrEqualTo(seen.get(1));
  }

  @Test
  void vectorsAreIndependent() {
    StepVerifier.create(
            Flux.merge(
                counts(IrqIndex.MSI, 0).map(c -> "0:" + c),
                counts(IrqIndex.MSI, 3).map(c -> "3:" + c),
                counts(IrqIndex.REQ, 0).map(c -> "REQ:" + c)))
        .then(() -> signal(3, 1))
        .expectNext("3:1")
        .then(() -> backend.signal(IrqIndex.REQ, 0))
        .expectNext("REQ:1")
        .then(() -> signal(0, 1))
        .expectNext("0:1")
        .thenCancel()
        .verify(LIMIT);
    assertThat(backend.calls).containsExactly("enable MSI 0+4", "enable MSI 3+1");
    assertThat(backend.requestCalls).containsExactly("enable REQ 0+1");
  }

  @Test
  void aSecondSubscriberIsRefusedAndTheFirstUnharmed() {
    StepVerifier.create(counts(IrqIndex.MSI, 0))
        .then(
            () ->
                StepVerifier.create(device.interrupts(IrqIndex.MSI, 0))
                    .expectErrorSatisfies(
                        e ->
                            assertThat(e)
                                .isInstanceOf(IllegalStateException.class)
                                .hasMessageContaining("MSI vector 0")
                                .hasMessageContaining("share"))
                    .verify(LIMIT))
        .then(() -> signal(0, 1))
        .expectNext(1L)
        .thenCancel()
        .verify(LIMIT);
  }

  @Test
  void whatComesBetweenSubscribersIsTheNextOnes() {
    StepVerifier.create(counts(IrqIndex.MSI, 0).take(1))
        .then(() -> signal(0, 1))
        .expectNext(1L)
        .expectComplete()
        .verify(LIMIT);
    signal(0, 6);
    StepVerifier.create(counts(IrqIndex.MSI, 0).take(1))
        .expectNext(6L)
        .expectComplete()
        .verify(LIMIT);
    assertThat(backend.calls).containsExactly("enable MSI 0+4");
  }

  @Test
  void resubscribingFromOnNextKeepsTheVectorGoing() {
    StepVerifier.create(
            counts(IrqIndex.MSI, 0)
                .take(1)
                .repeat()
                .doOnNext(c -> backend.signal(IrqIndex.MSI, 0))
                .take(1000))
        .then(() -> signal(0, 1))
        .expectNextCount(1000)
        .expectComplete()
        .verify(LIMIT);
  }

  @Test
  void onlyOneTypeOfInterruptCanBeEnabled() {
    StepVerifier.create(counts(IrqIndex.MSI, 0))
        .then(
            () ->
                StepVerifier.create(device.interrupts(IrqIndex.INTX, 0))
                    .expectErrorSatisfies(
                        e -> {
                          assertThat(e)
                              .isInstanceOf(IrqException.class)
                              .hasMessageContaining("MSI is enabled");
                          assertThat(((IrqException) e).index()).isEqualTo(IrqIndex.INTX);
                        })
                    .verify(LIMIT))
        .thenCancel()
        .verify(LIMIT);
    assertThat(backend.calls).containsExactly("enable MSI 0+4");
  }

  @Test
  void vectorsThatDoNotExistAreRefused() {
    assertThatThrownBy(() -> device.interrupts(IrqIndex.MSI, TestBackend.VECTORS))
        .isInstanceOf(IrqException.class)
        .hasMessageContaining("vector 4 of 4");
    assertThatThrownBy(() -> device.interrupts(IrqIndex.MSI, -1)).isInstanceOf(IrqException.class);
    assertThatThrownBy(() -> device.interrupts(IrqIndex.MSIX, 0)).isInstanceOf(IrqException.class);
    assertThatThrownBy(() -> device.interrupts(IrqIndex.ERR, 0)).isInstanceOf(IrqException.class);
  }

  @Test
  void anInterruptIsValidOnlyInsideOnNext() {
    List<Interrupt> kept = new CopyOnWriteArrayList<>();
    StepVerifier.create(device.interrupts(IrqIndex.MSI, 0).doOnNext(kept::add).take(1).then())
        .then(() -> signal(0, 1))
        .expectComplete()
        .verify(LIMIT);
    assertThatThrownBy(() -> kept.get(0).count())
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("snapshot()");
    StepVerifier.create(loop.call(() -> kept.get(0).count()))
        .expectErrorMessage(
            "this Interrupt of test:device MSI vector 0 is valid only inside onNext on the loop;"
                + " take a snapshot() there to keep it")
        .verify(LIMIT);
  }

  @Test
  void aSubscriberThatThrowsGetsItsErrorAndTheLoopLives() {
    IllegalArgumentException bug = new IllegalArgumentException("bug");
    AtomicReference<Throwable> seen = new AtomicReference<>();
    device
        .interrupts(IrqIndex.MSI, 0)
        .subscribe(
            new RawSubscriber() {
              @Override
              public void onNext(Interrupt interrupt) {
                throw bug;
              }

              @Override
              public void onError(Throwable error) {
                seen.set(error);
              }
            });
    StepVerifier.create(counts(IrqIndex.MSI, 1).take(1))
        .then(() -> signal(0, 1))
        .then(() -> signal(1, 1))
        .expectNext(1L)
        .expectComplete()
        .verify(LIMIT);
    assertThat(seen).hasValue(bug);
    signal(0, 2);
    assertThat(counts(IrqIndex.MSI, 0).blockFirst(LIMIT)).isEqualTo(2);
  }

  @Test
  void notEvenAnErrorFatalToTheJvmEndsTheLoop() {
    AtomicReference<Throwable> seen = new AtomicReference<>();
    device
        .interrupts(IrqIndex.MSI, 0)
        .subscribe(
            new RawSubscriber() {
              @Override
              public void onNext(Interrupt interrupt) {
                throw new StackOverflowError("made by the test");
              }

              @Override
              public void onError(Throwable error) {
                seen.set(error);
              }
            });
    StepVerifier.create(counts(IrqIndex.MSI, 1).take(1))
        .then(() -> signal(0, 1))
        .then(() -> signal(1, 1))
        .expectNext(1L)
        .expectComplete()
        .verify(LIMIT);
    assertThat(seen.get()).isInstanceOf(StackOverflowError.class);
    signal(0, 3);
    assertThat(counts(IrqIndex.MSI, 0).blockFirst(LIMIT)).isEqualTo(3);
  }

  @Test
  void demandThatIsNotPositiveIsAnError() {
    StepVerifier.create(
            Mono.<Throwable>create(
                sink ->
                    device
                        .interrupts(IrqIndex.MSI, 0)
                        .subscribe(
                            new RawSubscriber() {
                              @Override
                              public void onSubscribe(Subscription s) {
                                s.request(0);
                              }

                              @Override
                              public void onError(Throwable error) {
                                sink.success(error);
                              }
                            })))
        .assertNext(
            e ->
                assertThat(e)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("3.9"))
        .expectComplete()
        .verify(LIMIT);
  }

  @Test
  void demandThatIsNotPositiveIsAnErrorAfterOnSubscribe() {
    BadDemand<Interrupt> watcher = new BadDemand<>(this::settle);
    device.interrupts(IrqIndex.MSI, 0).subscribe(watcher);
    settle();
    watcher.assertEnded();
    signal(0, 1);
    assertThat(counts(IrqIndex.MSI, 0).blockFirst(LIMIT)).isEqualTo(1);
  }

  @Test
  void unmaskReachesTheDeviceForAnIndexThatMasksItself() {
    StepVerifier.create(device.interrupts(IrqIndex.INTX, 0).doOnNext(Interrupt::unmask).take(1))
        .then(() -> backend.signal(IrqIndex.INTX, 0))
        .expectNextCount(1)
        .expectComplete()
        .verify(LIMIT);
    assertThat(backend.calls).containsExactly("enable INTX 0+1", "unmask INTX 0");
  }

  @Test
  void unmaskDoesNothingForMessages() {
    StepVerifier.create(
            device.interrupts(IrqIndex.MSI, 0).doOnNext(Interrupt::unmask).take(1).then())
        .then(() -> signal(0, 1))
        .expectComplete()
        .verify(LIMIT);
    assertThat(backend.calls).containsExactly("enable MSI 0+4");
  }

  @Test
  void aSubscriberOfAClosedDeviceGetsATypedError() {
    Flux<Interrupt> interrupts = device.interrupts(IrqIndex.MSI, 0);
    device.close().block(LIMIT);
    StepVerifier.create(interrupts)
        .expectErrorSatisfies(
            e ->
                assertThat(e)
                    .isInstanceOf(DriverException.class)
                    .hasMessageContaining("the device is closed"))
        .verify(LIMIT);
  }

  @Test
  void theTieIsThereWhenSubscribeReturns() {
    BaseSubscriber<Interrupt> watcher = new BaseSubscriber<>() {};
    device.interrupts(IrqIndex.MSI, 2).subscribe(watcher);
    assertThat(backend.tied(IrqIndex.MSI, 2).fd()).isNotNegative();
    watcher.cancel();
  }

  /** A subscriber without Reactor's own guards. */
  private abstract static class RawSubscriber implements reactor.core.CoreSubscriber<Interrupt> {

    @Override
    public void onSubscribe(Subscription s) {
      s.request(Long.MAX_VALUE);
    }

    @Override
    public void onNext(Interrupt interrupt) {}

    @Override
    public void onError(Throwable error) {}

    @Override
    public void onComplete() {}
  }
}
