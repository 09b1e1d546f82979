package dev.vflux.reactive;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vflux.testing.Edu;
import dev.vflux.testing.Guest;
import dev.vflux.testing.LeakCheck;
import dev.vflux.vfio.IrqIndex;
import dev.vflux.vfio.RegisterBlock;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

/** Interrupts that the real kernel delivers, as streams; the same tests by group and by iommufd. */
@ExtendWith(LeakCheck.class)
interface KernelInterrupts {

  int MANY = 20_000;
  int SOME = 500;
  Duration LIMIT = Duration.ofSeconds(100);

  /** The value of the URI's option. */
  String iommu();

  /** What a test does with an open edu device on a running loop. */
  @FunctionalInterface
  interface Body {

    void run(ReactiveDevice device, Edu edu);
  }

  private void with(Body body) {
    DriverLoop loop = DriverLoop.create();
    String uri = "vfio:" + Guest.edu() + "?iommu=" + iommu();
    ReactiveDevice device = Objects.requireNonNull(ReactiveDevice.open(uri, loop).block(LIMIT));
    try {
      body.run(device, new Edu(device.device()));
    } finally {
      device.close().block(LIMIT);
      loop.close().block(LIMIT);
    }
  }

  /** Each is raised after the one before was acknowledged, so messages cannot merge. */
  @Test
  default void losesNoMessage() {
    with(
        (device, edu) -> {
          edu.busMaster(true);
          RegisterBlock bar = edu.bar();
          AtomicLong sum = new AtomicLong();
          StepVerifier.create(
                  device
                      .interrupts(IrqIndex.MSI, 0)
                      .doOnNext(
                          interrupt -> {
                            bar.write32(Edu.ACKNOWLEDGE, bar.read32(Edu.INTERRUPT_STATUS));
                            if (sum.addAndGet(interrupt.count()) < MANY) {
                              bar.write32(Edu.RAISE, 1);
                            }
                          })
                      .doOnSubscribe(
                          unused -> device.loop().execute(() -> bar.write32(Edu.RAISE, 1)))
                      .take(MANY)
                      .count())
              .expectNext((long) MANY)
              .expectComplete()
              .verify(LIMIT);
          assertThat(sum).hasValue(MANY);
          assertThat(bar.read32(Edu.INTERRUPT_STATUS)).isZero();
        });
  }

  /** The line masks itself; handle acknowledges, then unmasks, and the next raise arrives. */
  @Test
  default void handlesThenUnmasksTheLine() {
    with(
        (device, edu) -> {
          RegisterBlock bar = edu.bar();
          AtomicLong handled = new AtomicLong();
          StepVerifier.create(
                  device
                      .handle(
                          IrqIndex.INTX,
                          0,
                          interrupt ->
                              Mono.fromRunnable(
                                  () -> {
                                    bar.write32(Edu.ACKNOWLEDGE, bar.read32(Edu.INTERRUPT_STATUS));
                                    handled.incrementAndGet();
                                  }))
                      .doOnNext(interrupt -> bar.write32(Edu.RAISE, 1))
                      .doOnSubscribe(
                          unused -> device.loop().execute(() -> bar.write32(Edu.RAISE, 1)))
                      .take(SOME)
                      .count())
              .expectNext((long) SOME)
              .expectComplete()
              .verify(LIMIT);
          assertThat(handled.get()).isGreaterThanOrEqualTo(SOME);
          bar.write32(Edu.ACKNOWLEDGE, bar.read32(Edu.INTERRUPT_STATUS));
        });
  }

  /** The release request, through the kernel's loop-back. */
  @Test
  default void deliversTheReleaseRequest() {
    with(
        (device, edu) ->
            StepVerifier.create(
                    device
                        .interrupts(IrqIndex.REQ, 0)
                        .doOnSubscribe(
                            unused ->
                                device
                                    .loop()
                                    .execute(() -> device.device().irq(IrqIndex.REQ).trigger(0)))
                        .map(Interrupt::count)
                        .take(1))
                .expectNext(1L)
                .expectComplete()
                .verify(LIMIT));
  }
}
