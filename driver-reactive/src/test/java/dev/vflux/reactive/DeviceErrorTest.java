package dev.vflux.reactive;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vflux.testing.Await;
import dev.vflux.testing.Edu;
import dev.vflux.testing.FaultCell;
import dev.vflux.testing.FaultOutcome;
import dev.vflux.testing.FaultRow;
import dev.vflux.testing.LeakCheck;
import dev.vflux.testing.ServedDevice;
import dev.vflux.vfio.Devices;
import dev.vflux.vfio.DmaBuffer;
import dev.vflux.vfio.DriverException;
import dev.vflux.vfio.IrqIndex;
import dev.vflux.vfio.RegionIndex;
import dev.vflux.vfio.Register;
import dev.vflux.vfio.ResetOutcome;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;

/** The device reports an error that it cannot correct: ERR. */
@ExtendWith(LeakCheck.class)
class DeviceErrorTest {

  private static final Duration LIMIT = Duration.ofSeconds(10);
  private static final Duration OFTEN = Duration.ofMillis(1);
  private static final Duration NEVER = Duration.ofSeconds(100);
  private static final String FIRST_DMA_FAILS =
      "emulated:edu?pcie=on&dma-delay=0&fault=uncorrected-error";
  private static final Register DMA_COMMAND = Register.of32("DMA command", 0x98);

  private final List<String> order = new CopyOnWriteArrayList<>();
  private DriverLoop loop;
  private ServedDevice served;

  @BeforeEach
  void open(@TempDir Path folder) {
    loop = DriverLoop.create();
    served = new ServedDevice(FIRST_DMA_FAILS, folder.resolve("edu"));
  }

  @AfterEach
  void close() {
    loop.close().onErrorComplete(DriverException.class).block(LIMIT);
    served.close();
  }

  private ReactiveDevice device(boolean inOtherHands) {
    return ReactiveDevice.of(Devices.open(inOtherHands ? served.uri() : FIRST_DMA_FAILS), loop);
  }

  private static boolean mastersTheBus(ReactiveDevice device) {
    return (device.device().registers(RegionIndex.CONFIG).read16(0x04) & 0x4) != 0;
  }

  /** Starts a transfer; the first one is never done. */
  private static Mono<Integer> transfer(ReactiveDevice device, DmaBuffer buffer) {
    ReactiveRegion bar0 = device.region(RegionIndex.BAR0);
    return device
        .loop()
        .call(
            () -> {
              new Edu(device.device()).busMaster(true);
              bar0.write64(0x80, buffer.iova());
              bar0.write64(0x88, Edu.BUFFER);
              bar0.write64(0x90, 16);
              bar0.write64(DMA_COMMAND.offset(), 1);
              return 0;
            })
        .then(bar0.await(DMA_COMMAND, 1, 0, OFTEN, NEVER));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @FaultCell(FaultRow.ERROR_REPORTED)
  void withoutARecoveryEverythingEndsAndTheDeviceIsQuiet(
      boolean inOtherHands, FaultOutcome outcome) {
    ReactiveDevice device = device(inOtherHands);
    DmaBuffer buffer = device.device().dma().allocate("data", 4096);
    Flux<Throwable> ends =
        Flux.merge(
            ReleaseTest.end(device.interrupts(IrqIndex.MSI, 0)),
            ReleaseTest.end(device.region(RegionIndex.BAR0).writes().onBackpressureBuffer()),
            ReleaseTest.end(transfer(device, buffer)));
    StepVerifier.create(ends.collectList())
        .assertNext(all -> assertThat(all).hasSize(3).containsOnly(all.get(0)))
        .expectComplete()
        .verify(LIMIT);
    DeviceErrorException error = device.deviceError().blockOptional(LIMIT).orElseThrow();
    assertThat(error).hasMessageContaining("uncorrected error (ERR)").hasNoCause();
    outcome.through(device.device()).failed(error);
    assertThat(mastersTheBus(device)).isFalse();
    assertThat(ReleaseTest.end(device.interrupts(IrqIndex.MSI, 0)).block(LIMIT)).isSameAs(error);
    assertThat(ReleaseTest.end(device.interrupts(IrqIndex.ERR, 0)).block(LIMIT)).isSameAs(error);
    device.device().irq(IrqIndex.REQ).trigger(0);
    assertThat(device.releaseRequested().block(LIMIT)).as("REQ is still served").isNotNull();
    StepVerifier.create(device.close()).expectComplete().verify(LIMIT);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aRecoveryKeepsTheStreams(boolean inOtherHands) {
    ReactiveDevice device = device(inOtherHands);
    ReactiveRegion bar0 = device.region(RegionIndex.BAR0);
    DmaBuffer buffer = device.device().dma().allocate("data", 4096);
    device.onDeviceError(
        error -> {
          order.add(error.answer());
          order.add(mastersTheBus(device) ? "still masters the bus" : "stopped");
          return device
              .reset()
              .doOnNext(outcome -> order.add(outcome.kind().name()))
              .doOnNext(outcome -> new Edu(device.device()).busMaster(true));
        });
    StepVerifier.create(device.interrupts(IrqIndex.MSI, 0).map(Interrupt::count))
        .then(() -> assertThat(transfer(device, buffer).block(LIMIT)).as("reset").isZero())
        .then(() -> Await.until("it is recovered", () -> mastersTheBus(device)))
        .then(() -> assertThat(transfer(device, buffer).block(LIMIT)).as("done").isZero())
        .then(() -> bar0.write32(Edu.RAISE, 1))
        .expectNext(1L)
        .thenCancel()
        .verify(LIMIT);
    assertThat(order)
        .containsExactly(
            "it reported an uncorrected error (ERR)", "stopped", ResetOutcome.Kind.DONE.name());
    device.close().block(LIMIT);
    assertThat(device.deviceError().block(LIMIT)).isNull();
  }

  @Test
  void aRecoveryThatFailsIsTheCause() {
    ReactiveDevice device = device(false);
    IllegalStateException broken = new IllegalStateException("no clock");
    device.onDeviceError(error -> Mono.error(broken));
    device.device().irq(IrqIndex.ERR).trigger(0);
    DeviceErrorException error = device.deviceError().blockOptional(LIMIT).orElseThrow();
    assertThat(error).hasMessageContaining("recovery failed: no clock").hasCause(broken);
    device.close().block(LIMIT);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aTimeoutOfItsOwnIsNotTheLimit(boolean own) {
    VirtualTimeScheduler time = VirtualTimeScheduler.create();
    loop.close().block(LIMIT);
    loop = DriverLoop.builder().timer(time).build();
    ReactiveDevice device = device(false);
    Mono<Void> never = Mono.never();
    device.onDeviceError(
        error ->
            (own ? Mono.error(new TimeoutException("PLL")) : never)
                .doOnSubscribe(begun -> order.add("begun")));
    device.device().irq(IrqIndex.ERR).trigger(0);
    Await.until("the recovery begins", () -> order.contains("begun"));
    time.advanceTimeBy(ReactiveDevice.RECOVERY_LIMIT);
    assertThat(device.deviceError().block(LIMIT))
        .hasMessageContaining(own ? "recovery failed: PLL" : "not finished within PT10S");
    device.close().block(LIMIT);
  }

  @Test
  void reportsMeanwhileAreOneMoreRecovery() {
    ReactiveDevice device = device(false);
    Sinks.Empty<Void> first = Sinks.empty();
    device.onDeviceError(
        error -> {
          order.add("begun");
          return order.size() == 1 ? first.asMono() : Mono.empty();
        });
    device.device().irq(IrqIndex.ERR).trigger(0);
    Await.until("the first begins", () -> order.size() == 1);
    device.device().irq(IrqIndex.ERR).trigger(0);
    device.device().irq(IrqIndex.ERR).trigger(0);
    assertThat(order).hasSize(1);
    first.tryEmitEmpty().orThrow();
    Await.until("the second begins", () -> order.size() == 2);
    device.close().block(LIMIT);
    assertThat(order).hasSize(2);
  }

  @Test
  void anApplicationThatWatchesItHasItForGood() {
    ReactiveDevice device = device(false);
    new Edu(device.device()).busMaster(true);
    for (int round = 0; round < 2; round++) {
      StepVerifier.create(device.interrupts(IrqIndex.ERR, 0).map(Interrupt::count))
          .then(() -> device.device().irq(IrqIndex.ERR).trigger(0))
          .expectNext(1L)
          .thenCancel()
          .verify(LIMIT);
    }
    assertThat(mastersTheBus(device)).isTrue();
    device.close().block(LIMIT);
    assertThat(device.deviceError().block(LIMIT)).isNull();
  }
}
