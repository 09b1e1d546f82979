package dev.vflux.reactive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vflux.testing.LeakCheck;
import dev.vflux.vfio.DeviceGoneException;
import dev.vflux.vfio.DmaBuffer;
import dev.vflux.vfio.IrqIndex;
import dev.vflux.vfio.RegionIndex;
import dev.vflux.vfio.Register;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

/** A device over vfio-user on one loop, its server on another, which hangs up. */
@ExtendWith(LeakCheck.class)
class ServedDeviceTest {

  private static final Duration LIMIT = Duration.ofSeconds(10);
  private static final Duration NEVER = Duration.ofHours(1);

  // of QEMU's edu, typed from its specification
  private static final Register STATUS = Register.of32("STATUS", 0x20);
  private static final long LIVENESS = 0x04;
  private static final long RAISE = 0x60;
  private static final long ACKNOWLEDGE = 0x64;

  private final DriverLoop serverLoop = DriverLoop.create();
  private final DriverLoop loop = DriverLoop.create();
  private DeviceServer server;
  private ReactiveDevice device;
  private ReactiveRegion bar0;

  @BeforeEach
  void open(@TempDir Path folder) {
    server =
        DeviceServer.open("emulated:edu", folder.resolve("edu"), serverLoop)
            .blockOptional(LIMIT)
            .orElseThrow();
    device =
        ReactiveDevice.open("vfio-user:" + server.path(), loop).blockOptional(LIMIT).orElseThrow();
    bar0 = device.region(RegionIndex.BAR0);
  }

  @AfterEach
  void close() {
    device.close().block(LIMIT);
    loop.close().block(LIMIT);
    server.close().block(LIMIT);
    serverLoop.close().block(LIMIT);
  }

  private Mono<Integer> waitForNothing() {
    return bar0.await(STATUS, 0x80, 0x80, NEVER, NEVER);
  }

  private static void endsWithGone(Publisher<?> stream, Runnable then) {
    StepVerifier.create(stream).then(then).expectError(DeviceGoneException.class).verify(LIMIT);
  }

  private void hangUp() {
    server.close().block(LIMIT);
  }

  @Test
  void servesInterruptsAndRegistersOnTheLoop() {
    StepVerifier.create(
            device.handle(
                IrqIndex.INTX,
                0,
                interrupt -> Mono.fromRunnable(() -> bar0.write32(ACKNOWLEDGE, -1))))
        .then(() -> bar0.write32(RAISE, 1))
        .assertNext(interrupt -> assertThat(interrupt.count()).isEqualTo(1))
        .then(() -> bar0.write32(RAISE, 2))
        .expectNextCount(1)
        .thenCancel()
        .verify(LIMIT);
    StepVerifier.create(loop.call(() -> bar0.update32(LIVENESS, 0xff, 0x5a)))
        .expectNextCount(1)
        .expectComplete()
        .verify(LIMIT);
  }

  @Test
  void everyPendingStreamEndsAtOnce() {
    Flux<Object> all =
        Flux.mergeDelayError(
            8,
            waitForNothing().onErrorReturn(DeviceGoneException.class, 1),
            device
                .interrupts(IrqIndex.MSI, 0)
                .map(Interrupt::snapshot)
                .cast(Object.class)
                .onErrorReturn(DeviceGoneException.class, 2),
            device
                .handle(IrqIndex.REQ, 0, interrupt -> Mono.empty())
                .cast(Object.class)
                .onErrorReturn(DeviceGoneException.class, 3),
            bar0.writes().cast(Object.class).onErrorReturn(DeviceGoneException.class, 4),
            device.gone().map(gone -> 5));
    StepVerifier.create(all.sort().collectList())
        .then(this::hangUp)
        .expectNext(List.of(1, 2, 3, 4, 5))
        .expectComplete()
        .verify(LIMIT);
  }

  @Test
  void whatIsAskedLaterFailsAndClosingWorks() {
    DmaBuffer buffer = device.device().dma().allocate("left open", 4096);
    device.onClose("reset", Mono.fromRunnable(() -> bar0.write32(ACKNOWLEDGE, -1)));
    endsWithGone(waitForNothing(), this::hangUp);
    assertThat(device.gone().block(LIMIT)).hasMessageContaining("vfio-user:");
    endsWithGone(waitForNothing(), () -> {});
    endsWithGone(device.interrupts(IrqIndex.MSI, 0), () -> {});
    endsWithGone(bar0.writes(), () -> {});
    endsWithGone(device.region(RegionIndex.CONFIG).writes(), () -> {});
    assertThatThrownBy(() -> bar0.read32(0)).isInstanceOf(DeviceGoneException.class);
    StepVerifier.create(device.close()).expectComplete().verify(LIMIT);
    assertThat(device.device().dma().buffers()).isEmpty();
    assertThatThrownBy(() -> buffer.words().read32(0)).hasMessageContaining("closed");
  }

  @Test
  void aTiedVectorFailsToo() {
    endsWithGone(device.interrupts(IrqIndex.MSI, 0), this::hangUp);
    endsWithGone(device.interrupts(IrqIndex.MSI, 0), () -> {});
  }

  @Test
  void nothingIsToldWhenItIsClosedFirst() {
    StepVerifier.create(device.gone())
        .then(() -> device.close().block(LIMIT))
        .expectComplete()
        .verify(LIMIT);
  }
}
