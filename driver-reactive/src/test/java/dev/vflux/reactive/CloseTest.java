package dev.vflux.reactive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vflux.testing.Await;
import dev.vflux.testing.LeakCheck;
import dev.vflux.vfio.Device;
import dev.vflux.vfio.DmaBuffer;
import dev.vflux.vfio.DriverException;
import dev.vflux.vfio.EventFd;
import dev.vflux.vfio.IrqIndex;
import dev.vflux.vfio.RegionIndex;
import dev.vflux.vfio.RegisterAccessException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;
import reactor.test.publisher.PublisherProbe;
import reactor.test.scheduler.VirtualTimeScheduler;

@ExtendWith(LeakCheck.class)
class CloseTest {

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
    loop.close().onErrorComplete(DriverException.class).block(LIMIT);
  }

  private Mono<Void> log(String what) {
    return Mono.fromRunnable(() -> backend.calls.add(what));
  }

  @Test
  void quiescesThenDisablesThenUnmapsThenCloses() {
    DmaBuffer unusedBuffer = device.device().dma().allocate("test", 4096);
    device.onClose("first", log("first"));
    device.onClose("second", log("second"));
    device.interrupts(IrqIndex.MSI, 0).subscribe();
    StepVerifier.create(device.close()).expectComplete().verify(LIMIT);
    assertThat(backend.calls)
        .containsExactly(
            "map", "enable MSI 0+4", "second", "first", "disable MSI", "unmap", "close");
    assertThat(device.device().isClosed()).isTrue();
  }

  @Test
  void isColdRunsOnceAndTellsEveryone() {
    Mono<Void> closing = device.close();
    assertThat(backend.calls).isEmpty();
    closing.block(LIMIT);
    device.close().block(LIMIT);
    assertThat(backend.calls).containsExactly("close");
  }

  @Test
  void goesOnWhenItsSubscriberCancels() {
    Sinks.Empty<Void> quiet = Sinks.empty();
    PublisherProbe<Void> quiesce = PublisherProbe.of(quiet.asMono());
    device.onClose("wait", quiesce.mono());
    StepVerifier.create(device.close()).thenCancel().verify(LIMIT);
    quiet.tryEmitEmpty().orThrow();
    device.close().block(LIMIT);
    quiesce.assertWasNotCancelled();
    assertThat(backend.calls).containsExactly("close");
  }

  @Test
  void completesItsStreams() {
    StepVerifier.create(
            Flux.merge(
                device.interrupts(IrqIndex.MSI, 0).map(Interrupt::snapshot),
                device.handle(IrqIndex.MSI, 1, i -> Mono.empty()),
                device.region(RegionIndex.BAR0).writes()))
        .then(() -> device.close().subscribe())
        .expectComplete()
        .verify(LIMIT);
  }

  @Test
  void aSubscriberThatThrowsAtTheEndKeepsNothingOpen() {
    for (int vector = 0; vector < TestBackend.VECTORS; vector++) {
      device.interrupts(IrqIndex.MSI, vector).subscribe(new ThrowsAtTheEnd<>());
      device.region(RegionIndex.BAR0).writes().subscribe(new ThrowsAtTheEnd<>());
    }
    StepVerifier.create(device.close()).expectComplete().verify(LIMIT);
    assertThat(backend.calls).endsWith("disable MSI", "close");
  }

  private static final class ThrowsAtTheEnd<T> implements CoreSubscriber<T> {

    @Override
    public void onSubscribe(Subscription s) {
      s.request(Long.MAX_VALUE);
    }

    @Override
    public void onNext(T element) {}

    @Override
    public void onError(Throwable error) {}

    @Override
    public void onComplete() {
      throw new IllegalStateException("made by the test");
    }
  }

  @Test
  void interruptsAndRegistersWorkWhileQuiescing() {
    ReactiveRegion bar0 = device.region(RegionIndex.BAR0);
    device.onClose(
        "stop the engine",
        device
            .interrupts(IrqIndex.MSI, 2)
            .doOnSubscribe(
                s ->
                    loop.execute(
                        () -> {
                          int unusedValue = bar0.update32(0, 1, 1);
                          backend.signal(IrqIndex.MSI, 2);
                        }))
            .take(1)
            .doOnNext(i -> backend.calls.add("stopped"))
            .then());
    device.close().block(LIMIT);
    assertThat(backend.calls).containsExactly("enable MSI 0+4", "stopped", "disable MSI", "close");
  }

  @Test
  void quiesceActionsRunOnTheLoop() {
    AtomicBoolean onLoop = new AtomicBoolean();
    device.onClose("look", Mono.fromRunnable(() -> onLoop.set(loop.inEventLoop())));
    device.close().block(LIMIT);
    assertThat(onLoop).isTrue();
  }

  @Test
  void anActionThatFailsIsNamedAndTheOthersAreTaken() {
    device.onClose("good", log("good"));
    device.onClose("bad", Mono.error(new IllegalStateException("stuck")));
    device.onClose(
        "worse",
        Mono.fromRunnable(
            () -> {
              throw new IllegalArgumentException("bug");
            }));
    StepVerifier.create(device.close())
        .expectErrorSatisfies(
            e -> {
              assertThat(e)
                  .isInstanceOf(DriverException.class)
                  .hasMessageContaining("quiesce 'worse' on test:device: bug")
                  .hasCauseInstanceOf(IllegalArgumentException.class);
              assertThat(e.getSuppressed())
                  .anySatisfy(other -> assertThat(other).hasMessageContaining("quiesce 'bad'"));
            })
        .verify(LIMIT);
    assertThat(backend.calls).containsExactly("good", "close");
  }

  @Test
  void anActionThatNeverEndsIsGivenUpAtItsLimit() {
    VirtualTimeScheduler time = VirtualTimeScheduler.create();
    DriverLoop slow = DriverLoop.builder().timer(time).build();
    TestBackend stuck = new TestBackend();
    ReactiveDevice closed = TestBackend.open(stuck, slow);
    PublisherProbe<Void> never = PublisherProbe.of(Mono.never());
    closed.onClose("stop the engine", never.mono());
    StepVerifier.withVirtualTime(closed::close, () -> time, Long.MAX_VALUE)
        .expectSubscription()
        .expectNoEvent(ReactiveDevice.QUIESCE_LIMIT.minusMillis(1))
        .thenAwait(Duration.ofMillis(1))
        .expectErrorSatisfies(
            e ->
                assertThat(e)
                    .isInstanceOf(DriverException.class)
                    .hasMessageContaining("quiesce 'stop the engine'")
                    .hasMessageContaining("not finished within PT2S")
                    .hasCauseInstanceOf(TimeoutException.class))
        .verify(LIMIT);
    never.assertWasCancelled();
    assertThat(stuck.calls).containsExactly("close");
    slow.close().block(LIMIT);
  }

  @Test
  void aTimeoutOfTheActionsOwnIsToldAsItsError() {
    TimeoutException own = new TimeoutException("DSP core 0 is busy");
    device.onClose("power down", Mono.error(own));
    StepVerifier.create(device.close())
        .expectErrorSatisfies(
            e ->
                assertThat(e)
                    .hasMessageContaining("quiesce 'power down' on test:device: DSP core 0 is busy")
                    .hasCause(own))
        .verify(LIMIT);
  }

  @Test
  void takesNoActionOnceItHasBegun() {
    device.close().block(LIMIT);
    assertThatThrownBy(() -> device.onClose("late", Mono.empty()))
        .isInstanceOf(DriverException.class)
        .hasMessageContaining("late")
        .hasMessageContaining("closed");
    assertThatThrownBy(() -> device.region(RegionIndex.BAR0).read32(0))
        .isInstanceOf(RegisterAccessException.class);
  }

  @Test
  void closingTheLoopClosesItsDevices() {
    device.onClose("quiet", log("quiet"));
    device.interrupts(IrqIndex.MSI, 0).subscribe();
    StepVerifier.create(loop.close()).expectComplete().verify(LIMIT);
    assertThat(backend.calls).containsExactly("enable MSI 0+4", "quiet", "disable MSI", "close");
  }

  @Test
  void closingTheLoopTellsADevicesErrorAfterItEnded() {
    device.onClose("bad", Mono.error(new IllegalStateException("stuck")));
    StepVerifier.create(loop.close())
        .expectErrorSatisfies(e -> assertThat(e).hasMessageContaining("quiesce 'bad'"))
        .verify(LIMIT);
    assertThat(loop.scheduler().isDisposed()).isTrue();
    assertThat(backend.calls).containsExactly("close");
  }

  @Test
  void aLoopThatClosesTakesNoDeviceAndTheDeviceIsClosed() {
    Sinks.Empty<Void> quiet = Sinks.empty();
    device.onClose("wait", quiet.asMono());
    Mono<Void> closing = loop.close();
    closing.subscribe();
    TestBackend late = new TestBackend();
    Device refused = Device.of(late);
    assertThatThrownBy(() -> ReactiveDevice.of(refused, loop))
        .isInstanceOf(DriverException.class)
        .hasMessageContaining("attach to " + loop)
        .hasMessageContaining("the loop is closed");
    assertThat(refused.isClosed()).isTrue();
    assertThat(late.calls).containsExactly("close");
    quiet.tryEmitEmpty().orThrow();
    closing.block(LIMIT);
    StepVerifier.create(ReactiveDevice.open("emulated:edu", loop))
        .expectErrorSatisfies(e -> assertThat(e).hasMessageContaining("the loop is closed"))
        .verify(LIMIT);
  }

  /**
   * No public call does this: the devices would be closed first. Without a quiet period Netty may
   * end the loop in the round in which it is told to, before it lets go of what is registered.
   */
  private void endLoop() {
    var unusedEnd = loop.eventLoop().shutdownGracefully(50, 5000, TimeUnit.MILLISECONDS);
  }

  @Test
  void aDeviceWhoseLoopEndsFailsItsStreamsAndCanStillBeClosed() {
    Flux<Interrupt> interrupts = device.interrupts(IrqIndex.MSI, 0);
    StepVerifier.create(interrupts)
        .then(() -> loop.call(() -> true).block(LIMIT))
        .then(this::endLoop)
        .expectError(DriverException.class)
        .verify(LIMIT);
    Await.until("the loop's end", () -> loop.eventLoop().isTerminated());
    StepVerifier.create(interrupts).expectError(DriverException.class).verify(LIMIT);
    StepVerifier.create(device.close()).expectComplete().verify(LIMIT);
    assertThat(backend.calls).containsExactly("enable MSI 0+4", "disable MSI", "close");
  }

  /** On the loop's last round: the subscription is made when the eventfd has left the set. */
  @Test
  void aSubscriberOfALoopThatEndsMeanwhileGetsTheReason() {
    Flux<Interrupt> interrupts = device.interrupts(IrqIndex.MSI, 0);
    AtomicReference<Throwable> second = new AtomicReference<>();
    interrupts.subscribe(
        null,
        first -> interrupts.subscribe(null, second::set, () -> backend.calls.add("completed")));
    loop.call(() -> true).block(LIMIT);
    endLoop();
    Await.until("the reason", () -> second.get() != null);
    assertThat(second.get()).isInstanceOf(DriverException.class);
    device.close().block(LIMIT);
    assertThat(backend.calls).containsExactly("enable MSI 0+4", "disable MSI", "close");
  }

  @Test
  void aRegionFirstAskedForAfterCloseHasNoWrites() {
    device.close().block(LIMIT);
    StepVerifier.create(device.region(RegionIndex.BAR0).writes()).expectComplete().verify(LIMIT);
  }

  @RepeatedTest(20)
  void closesUnderLoad() {
    AtomicInteger seen = new AtomicInteger();
    Sinks.Empty<Void> flowing = Sinks.empty();
    Mono<Void> ended =
        device
            .interrupts(IrqIndex.MSI, 0)
            .doOnNext(
                i -> {
                  if (seen.incrementAndGet() == 10) {
                    flowing.tryEmitEmpty().orThrow();
                  }
                })
            .then()
            .cache();
    ended.subscribe();
    EventFd trigger = backend.tied(IrqIndex.MSI, 0);
    Scheduler source = Schedulers.newSingle("load");
    Disposable load = source.schedulePeriodically(trigger::signal, 0, 1, TimeUnit.MICROSECONDS);
    flowing.asMono().block(LIMIT);
    device.close().block(LIMIT);
    StepVerifier.create(ended).expectComplete().verify(LIMIT);
    load.dispose();
    source.dispose();
    assertThat(backend.calls).containsExactly("enable MSI 0+4", "disable MSI", "close");
  }
}
