package dev.vflux.reactive;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vflux.testing.LeakCheck;
import dev.vflux.vfio.DeviceGoneException;
import dev.vflux.vfio.IrqIndex;
import dev.vflux.vfio.RegionIndex;
import dev.vflux.vfio.Register;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

/** The way of an interrupt from end to end: a driver for QEMU's edu device. */
@ExtendWith(LeakCheck.class)
class EduTest {

  private static final Duration LIMIT = Duration.ofSeconds(10);

  // docs/specs/edu of QEMU
  private static final Register FACTORIAL = Register.of32("factorial", 0x08);
  private static final Register STATUS = Register.of32("status", 0x20);
  private static final long INTERRUPT_STATUS = 0x24;
  private static final long INTERRUPT_ACKNOWLEDGE = 0x64;
  private static final int COMPUTING = 0x01;
  private static final int IRQ_FACTORIAL = 0x80;

  // PCI Local Bus Specification 3.0, 6.2.2
  private static final long COMMAND = 0x04;
  private static final int BUS_MASTER = 0x4;

  private final DriverLoop loop = DriverLoop.create();

  @AfterEach
  void close() {
    loop.close().block(LIMIT);
  }

  private Mono<Integer> factorial(ReactiveDevice device, IrqIndex index, int n) {
    ReactiveRegion edu = device.region(RegionIndex.BAR0);
    Mono<Void> start = Mono.fromRunnable(() -> edu.write32(FACTORIAL.offset(), n)).then();
    return device
        .handle(
            index,
            0,
            interrupt ->
                Mono.fromRunnable(
                    () -> edu.write32(INTERRUPT_ACKNOWLEDGE, edu.read32(INTERRUPT_STATUS))))
        .doOnSubscribe(s -> loop.execute(() -> start.subscribe()))
        .next()
        .map(interrupt -> edu.read32(FACTORIAL.offset()));
  }

  @ParameterizedTest
  @EnumSource(names = {"INTX", "MSI"})
  void factorialsByInterrupt(IrqIndex index) {
    StepVerifier.create(
            ReactiveDevice.open("emulated:edu?factorial-delay=200", loop)
                .flatMapMany(
                    device -> {
                      device
                          .region(RegionIndex.CONFIG)
                          .registers()
                          .update16(COMMAND, BUS_MASTER, BUS_MASTER);
                      device.region(RegionIndex.BAR0).write32(STATUS.offset(), IRQ_FACTORIAL);
                      return Flux.range(1, 12).concatMap(n -> factorial(device, index, n));
                    }))
        .expectNext(1, 2, 6, 24, 120, 720, 5040, 40320, 362880, 3628800, 39916800, 479001600)
        .expectComplete()
        .verify(LIMIT);
  }

  @Test
  void factorialsByPolling() {
    StepVerifier.create(
            ReactiveDevice.open("emulated:edu?factorial-delay=2000", loop)
                .map(device -> device.region(RegionIndex.BAR0))
                .flatMap(
                    edu -> {
                      edu.write32(FACTORIAL.offset(), 10);
                      return edu.await(STATUS, COMPUTING, 0, Duration.ofMillis(1), LIMIT)
                          .map(status -> edu.read32(FACTORIAL.offset()));
                    }))
        .expectNext(3628800)
        .expectComplete()
        .verify(LIMIT);
  }

  @Test
  void aDeviceThatIsGoneIsCalledGone() {
    StepVerifier.create(
            ReactiveDevice.open("emulated:edu?fault=all-ones", loop)
                .map(device -> device.region(RegionIndex.BAR0))
                .flatMap(
                    edu -> {
                      edu.write32(FACTORIAL.offset(), 10);
                      return edu.await(
                          STATUS, COMPUTING, 0, Duration.ofMillis(1), Duration.ofMillis(5));
                    }))
        .expectErrorSatisfies(
            e ->
                assertThat(e)
                    .isInstanceOf(DeviceGoneException.class)
                    .hasMessageContaining("read status on emulated:edu: all ones"))
        .verify(LIMIT);
  }
}
