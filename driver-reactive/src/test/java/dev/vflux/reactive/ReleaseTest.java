package dev.vflux.reactive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vflux.testing.Await;
import dev.vflux.testing.LeakCheck;
import dev.vflux.testing.ServedDevice;
import dev.vflux.vfio.Device;
import dev.vflux.vfio.Devices;
import dev.vflux.vfio.DmaBuffer;
import dev.vflux.vfio.DriverException;
import dev.vflux.vfio.IrqIndex;
import dev.vflux.vfio.RegionIndex;
import dev.vflux.vfio.Register;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;

/** The kernel wants the device back: REQ. */
@ExtendWith(LeakCheck.class)
class ReleaseTest {

  private static final Duration LIMIT = Duration.ofSeconds(10);
  private static final Duration NEVER = Duration.ofSeconds(100);
  private static final Register LIVENESS = Register.of32("liveness", 0x04);

  private final List<String> order = new CopyOnWriteArrayList<>();
  private DriverLoop loop = DriverLoop.create();

  @AfterEach
  void close() {
    loop.close().onErrorComplete(DriverException.class).block(LIMIT);
  }

  private ReactiveDevice edu() {
    return ReactiveDevice.of(Devices.open("emulated:edu"), loop);
  }

  /** As the kernel would: the eventfd that is tied to REQ is signalled. */
  private static void ask(ReactiveDevice device) {
    device.device().irq(IrqIndex.REQ).trigger(0);
  }

  private Mono<Void> log(String what) {
    return Mono.fromRunnable(() -> order.add(what));
  }

  static Mono<Throwable> end(Publisher<?> stream) {
    return Flux.from(stream)
        .materialize()
        .last()
        .map(signal -> Objects.requireNonNull(signal.getThrowable()));
  }

  private void servesTheRequest(ReactiveDevice device) {
    ReactiveRegion bar0 = device.region(RegionIndex.BAR0);
    bar0.write32(LIVENESS.offset(), -1);
    DmaBuffer unusedBuffer = device.device().dma().allocate("left open", 4096);
    device.onClose("quiesce", log("quiesce"));
    device.onReleaseRequest("first", log("first"));
    device.onReleaseRequest(
        "works",
        Mono.fromRunnable(
            () -> {
              bar0.write32(LIVENESS.offset(), 0);
              order.add("liveness " + bar0.read32(LIVENESS.offset()));
            }));
    Mono<List<Throwable>> ends =
        Flux.merge(
                end(bar0.await(LIVENESS, 1, 1, NEVER, NEVER)),
                end(device.handle(IrqIndex.MSI, 0, interrupt -> Mono.empty())),
                end(bar0.writes()))
            .collectList();
    StepVerifier.create(ends)
        .then(() -> ask(device))
        .assertNext(
            all ->
                assertThat(all).hasSize(3).hasOnlyElementsOfType(ReleaseRequestedException.class))
        .expectComplete()
        .verify(LIMIT);
    StepVerifier.create(device.close()).expectComplete().verify(LIMIT);
    assertThat(order).containsExactly("liveness -1", "first", "quiesce");
    assertThat(device.device().isClosed()).isTrue();
    assertThat(device.releaseRequested().block(LIMIT)).hasMessageContaining("REQ");
    assertThat(device.gone().block(LIMIT)).isNull();
  }

  @Test
  void theDeviceIsClosedInOrder() {
    servesTheRequest(edu());
  }

  @Test
  void soIsOneThatAnotherProcessServes(@TempDir Path folder) {
    try (ServedDevice served = new ServedDevice("emulated:edu", folder.resolve("edu"))) {
      servesTheRequest(ReactiveDevice.of(Devices.open(served.uri()), loop));
      servesTheRequestAgain(served);
    }
  }

  private void servesTheRequestAgain(ServedDevice served) {
    order.clear();
    servesTheRequest(ReactiveDevice.of(Devices.open(served.uri()), loop));
  }

  @Test
  void itIsServedOnceHoweverOftenTheKernelAsks() {
    ReactiveDevice device = edu();
    Sinks.Empty<Void> quiet = Sinks.empty();
    device.onReleaseRequest("wait", log("begun").then(quiet.asMono()));
    ask(device);
    StepVerifier.create(device.releaseRequested())
        .expectNextCount(1)
        .expectComplete()
        .verify(LIMIT);
    ask(device);
    ask(device);
    quiet.tryEmitEmpty().orThrow();
    StepVerifier.create(device.close()).expectComplete().verify(LIMIT);
    assertThat(order).containsExactly("begun");
  }

  @Test
  void whoClosesMeanwhileJoins() {
    ReactiveDevice device = edu();
    Sinks.Empty<Void> quiet = Sinks.empty();
    device.onClose("quiesce", log("quiesce"));
    device.onReleaseRequest("wait", log("begun").then(quiet.asMono()).then(log("done")));
    ask(device);
    Await.until("the step begins", () -> order.contains("begun"));
    StepVerifier.create(device.close())
        .then(() -> assertThat(order).containsExactly("begun"))
        .then(() -> quiet.tryEmitEmpty().orThrow())
        .expectComplete()
        .verify(LIMIT);
    assertThat(order).containsExactly("begun", "done", "quiesce");
  }

  @Test
  void aCloseThatHasBegunStaysANormalOne() {
    ReactiveDevice device = edu();
    Sinks.Empty<Void> quiet = Sinks.empty();
    device.onClose("wait", log("quiescing").then(quiet.asMono()));
    device.onReleaseRequest("never", log("released"));
    StepVerifier.create(device.interrupts(IrqIndex.MSI, 0))
        .then(() -> device.close().subscribe())
        .then(() -> Await.until("it quiesces", () -> order.contains("quiescing")))
        .then(() -> ask(device))
        .then(() -> quiet.tryEmitEmpty().orThrow())
        .expectComplete()
        .verify(LIMIT);
    assertThat(device.releaseRequested().block(LIMIT)).isNull();
    device.close().block(LIMIT);
    assertThat(order).containsExactly("quiescing");
    assertThatThrownBy(() -> device.onReleaseRequest("late", Mono.empty()))
        .isInstanceOf(DriverException.class)
        .hasMessageContaining("late");
  }

  @Test
  void stepsAndActionsTogetherHaveALimit() {
    VirtualTimeScheduler time = VirtualTimeScheduler.create();
    loop.close().block(LIMIT);
    loop = DriverLoop.builder().timer(time).build();
    ReactiveDevice device = edu();
    for (int i = 0; i < 6; i++) {
      device.onReleaseRequest("stuck", log("begun").then(Mono.never()));
    }
    device.onClose("quiesce", log("quiesce"));
    ask(device);
    Duration passed = Duration.ZERO;
    for (int step = 1; step <= 4; step++) {
      int begun = step;
      Await.until("step " + step, () -> order.size() == begun);
      time.advanceTimeBy(ReactiveDevice.QUIESCE_LIMIT);
      passed = passed.plus(ReactiveDevice.QUIESCE_LIMIT);
    }
    assertThat(passed).isEqualTo(ReactiveDevice.RELEASE_LIMIT);
    // nothing is left of the limit, and time stands still: each ends as it begins
    StepVerifier.create(device.close())
        .then(() -> Await.until("closed", () -> closedAt(time, device)))
        .expectErrorSatisfies(
            error ->
                assertThat(error)
                    .isInstanceOf(DriverException.class)
                    .hasMessageContaining("not finished within PT2S"))
        .verify(LIMIT);
  }

  private static boolean closedAt(VirtualTimeScheduler time, ReactiveDevice device) {
    time.advanceTimeBy(Duration.ZERO);
    return device.device().isClosed();
  }

  @Test
  void anApplicationThatWatchesItHasItForGood() {
    ReactiveDevice device = edu();
    device.onReleaseRequest("never", log("released"));
    StepVerifier.create(device.interrupts(IrqIndex.REQ, 0).map(Interrupt::count))
        .then(() -> ask(device))
        .expectNext(1L)
        .thenCancel()
        .verify(LIMIT);
    ask(device);
    StepVerifier.create(device.handle(IrqIndex.REQ, 0, i -> Mono.empty()).map(Interrupt::count))
        .expectNext(1L)
        .thenCancel()
        .verify(LIMIT);
    ask(device);
    StepVerifier.create(loop.call(() -> device.device().isClosed()))
        .expectNext(false)
        .expectComplete()
        .verify(LIMIT);
    device.close().block(LIMIT);
    assertThat(order).isEmpty();
    assertThat(device.releaseRequested().block(LIMIT)).isNull();
  }

  @Test
  void aDeviceThatRefusesItWorksWithout() {
    TestBackend backend = new TestBackend();
    backend.onEnable =
        index -> {
          if (index == IrqIndex.REQ) {
            throw new DriverException("enable", "test:device", "made by the test", "");
          }
        };
    ReactiveDevice device = TestBackend.open(backend, loop);
    StepVerifier.create(device.interrupts(IrqIndex.MSI, 0).map(Interrupt::count))
        .then(() -> backend.signal(IrqIndex.MSI, 0))
        .expectNext(1L)
        .thenCancel()
        .verify(LIMIT);
    device.close().block(LIMIT);
    assertThat(device.releaseRequested().block(LIMIT)).isNull();
  }

  /** Where the tie is a message to another process, it waits for the answer. */
  @Test
  void onTheLoopNothingWaitsForTheTie() {
    TestBackend backend = new TestBackend();
    Sinks.Empty<Void> answer = Sinks.empty();
    backend.onEnable = index -> answer.asMono().block(LIMIT);
    ReactiveDevice device =
        Objects.requireNonNull(
            loop.call(() -> ReactiveDevice.of(Device.of(backend), loop)).block(LIMIT));
    answer.tryEmitEmpty().orThrow();
    Await.until("it is tied", () -> !backend.requestCalls.isEmpty());
    StepVerifier.create(device.releaseRequested())
        .then(() -> backend.signal(IrqIndex.REQ, 0))
        .expectNextCount(1)
        .expectComplete()
        .verify(LIMIT);
    device.close().block(LIMIT);
  }

  /** A device that is pulled out has to be let go all the same. */
  @Test
  void aDeviceThatHasGoneIsLetGo() {
    ReactiveDevice device = ReactiveDevice.of(Devices.open("emulated:edu?fault=all-ones"), loop);
    ReactiveRegion bar0 = device.region(RegionIndex.BAR0);
    device.onReleaseRequest("told", log("told"));
    bar0.write32(0x08, 5);
    DriverException gone = bar0.allOnes("liveness", "pulled out");
    assertThat(device.gone().block(LIMIT)).isSameAs(gone);
    ask(device);
    assertThat(device.releaseRequested().block(LIMIT)).isNotNull();
    StepVerifier.create(device.close()).expectComplete().verify(LIMIT);
    assertThat(order).containsExactly("told");
  }
}
