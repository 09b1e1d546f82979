package dev.vflux.reactive;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vflux.testing.Await;
import dev.vflux.testing.FaultCell;
import dev.vflux.testing.FaultOutcome;
import dev.vflux.testing.FaultRow;
import dev.vflux.testing.LeakCheck;
import dev.vflux.testing.ServedDevice;
import dev.vflux.vfio.Device;
import dev.vflux.vfio.DeviceGoneException;
import dev.vflux.vfio.Devices;
import dev.vflux.vfio.DmaBuffer;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

/**
 * A device that vanishes without a word: reads are all ones from then on. Whoever notices tells
 * everybody.
 */
@ExtendWith(LeakCheck.class)
class GoneTest {

  private static final Duration LIMIT = Duration.ofSeconds(10);
  private static final Duration OFTEN = Duration.ofMillis(1);
  private static final Duration NEVER = Duration.ofSeconds(100);
  private static final String VANISHES = "emulated:edu?fault=all-ones";

  // docs/specs/edu of QEMU; the model disappears when a factorial is asked for
  private static final Register IDENTIFICATION = Register.of32("identification", 0x00);
  private static final Register LIVENESS = Register.of32("liveness", 0x04);
  private static final long FACTORIAL = 0x08;
  private static final Register STATUS = Register.of32("status", 0x20);

  private final DriverLoop loop = DriverLoop.create();

  @AfterEach
  void close() {
    loop.close().block(LIMIT);
  }

  private ReactiveDevice open(Device device) {
    return ReactiveDevice.of(device, loop);
  }

  private static void vanish(ReactiveDevice device) {
    device.region(RegionIndex.BAR0).write32(FACTORIAL, 5);
  }

  private static Mono<Integer> find(ReactiveDevice device) {
    return device.region(RegionIndex.BAR0).await(STATUS, 0x80, 0, OFTEN, NEVER);
  }

  private static DeviceGoneException foundBy(Mono<?> access) {
    Throwable error =
        access.materialize().map(end -> Objects.requireNonNull(end.getThrowable())).block(LIMIT);
    assertThat(error).isInstanceOf(DeviceGoneException.class);
    return (DeviceGoneException) Objects.requireNonNull(error);
  }

  private void everybodyIsTold(ReactiveDevice device, FaultOutcome outcome) {
    ReactiveRegion bar0 = device.region(RegionIndex.BAR0);
    List<Throwable> ends = new CopyOnWriteArrayList<>();
    Flux<Object> pending =
        Flux.mergeDelayError(
            8,
            told(ends, bar0.await(STATUS, 0x80, 0x80, NEVER, NEVER)),
            told(ends, device.interrupts(IrqIndex.MSI, 0)),
            told(ends, device.handle(IrqIndex.REQ, 0, interrupt -> Mono.empty())),
            told(ends, bar0.writes()));
    StepVerifier.create(pending.then(device.gone()))
        .then(() -> vanish(device))
        .then(() -> told(ends, find(device)).subscribe())
        .expectNextCount(1)
        .expectComplete()
        .verify(LIMIT);
    // who found it is no part of the streams above
    Await.until("all five are told", () -> ends.size() == 5);
    assertThat(ends).containsOnly(device.gone().block(LIMIT));
    ends.forEach(outcome.through(device.device())::failed);
  }

  private static Flux<Object> told(List<Throwable> ends, Publisher<?> stream) {
    return Flux.from(stream)
        .cast(Object.class)
        .ignoreElements()
        .flux()
        .onErrorResume(
            error -> {
              ends.add(error);
              return Flux.empty();
            });
  }

  @Test
  @FaultCell(FaultRow.UNPLUGGED)
  void whoeverNoticesTellsEverybody(FaultOutcome outcome) {
    ReactiveDevice device = open(Devices.open(VANISHES));
    everybodyIsTold(device, outcome);
    StepVerifier.create(device.close()).expectComplete().verify(LIMIT);
  }

  @Test
  @FaultCell(FaultRow.UNPLUGGED)
  void soItIsWithADeviceThatIsServed(@TempDir Path folder, FaultOutcome outcome) {
    try (ServedDevice served = new ServedDevice(VANISHES, folder.resolve("edu"))) {
      ReactiveDevice device = open(Devices.open(served.uri()));
      everybodyIsTold(device, outcome);
      StepVerifier.create(device.close()).expectComplete().verify(LIMIT);
    }
  }

  @Test
  void whatIsAskedLaterFailsWithTheSameError() {
    ReactiveDevice device = open(Devices.open(VANISHES));
    DmaBuffer unusedBuffer = device.device().dma().allocate("left open", 4096);
    vanish(device);
    DeviceGoneException gone = foundBy(find(device));
    assertThat(device.gone().block(LIMIT)).isSameAs(gone);
    assertThat(gone.register()).hasValue("status");
    assertThat(foundBy(find(device))).isSameAs(gone);
    assertThat(foundBy(device.interrupts(IrqIndex.MSI, 0).next())).isSameAs(gone);
    assertThat(foundBy(device.handle(IrqIndex.INTX, 0, i -> Mono.empty()).next())).isSameAs(gone);
    assertThat(foundBy(device.region(RegionIndex.BAR0).writes().next())).isSameAs(gone);
    assertThat(foundBy(device.region(RegionIndex.CONFIG).writes().next())).isSameAs(gone);
    StepVerifier.create(device.close()).expectComplete().verify(LIMIT);
    assertThat(device.device().dma().buffers()).isEmpty();
  }

  /** A fault of a mapping (SIGBUS), as the JVM delivers it: somewhere after the access. */
  @Test
  void aFaultThatComesLateIsAskedAbout() {
    ReactiveDevice device = open(Devices.open(VANISHES));
    ReactiveRegion bar0 = device.region(RegionIndex.BAR0);
    Mono<Integer> faulting =
        bar0.await(
            STATUS,
            0x80,
            0,
            OFTEN,
            NEVER,
            value -> {
              throw new InternalError("a fault occurred in an unsafe memory access operation");
            });
    vanish(device);
    assertThat(foundBy(faulting)).isSameAs(device.gone().block(LIMIT));
    StepVerifier.create(device.close()).expectComplete().verify(LIMIT);
  }

  @Test
  void aDriverThatKnowsBetterSaysSo() {
    ReactiveDevice device = open(Devices.open(VANISHES));
    vanish(device);
    ReactiveRegion bar0 = device.region(RegionIndex.BAR0);
    assertThat(bar0.read32(IDENTIFICATION.offset())).isEqualTo(-1);
    DeviceGoneException first = bar0.allOnes("identification", "it is 0x010000ed");
    assertThat(first).hasMessageContaining("it is 0x010000ed");
    assertThat(bar0.allOnes("status", "again")).isSameAs(first);
    assertThat(device.gone().block(LIMIT)).isSameAs(first);
    StepVerifier.create(device.close()).expectComplete().verify(LIMIT);
  }

  /** A register may hold all ones, and a function may sleep: the configuration space tells. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void allOnesAloneIsNoProof(boolean decodingOff) {
    ReactiveDevice device = open(Devices.open("emulated:edu"));
    ReactiveRegion bar0 = device.region(RegionIndex.BAR0);
    if (decodingOff) {
      int unusedCommand = device.device().registers(RegionIndex.CONFIG).update16(4, 0x2, 0);
    } else {
      bar0.write32(LIVENESS.offset(), 0);
    }
    StepVerifier.create(bar0.await(LIVENESS, -1, -1, OFTEN, NEVER))
        .expectNext(-1)
        .expectComplete()
        .verify(LIMIT);
    assertThat(bar0.allOnes("liveness", "asleep?")).hasMessageContaining("asleep?");
    StepVerifier.create(device.gone())
        .then(() -> device.close().block(LIMIT))
        .expectComplete()
        .verify(LIMIT);
  }
}
