package dev.vflux.reactive;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vflux.testing.LeakCheck;
import dev.vflux.vfio.RegionIndex;
import dev.vflux.vfio.Register;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

/** A loop that is held up past a wait's limit does not blame the device. */
@ExtendWith(LeakCheck.class)
class LateHostTest {

  private static final Duration LIMIT = Duration.ofSeconds(10);
  private static final Duration HELD_UP = RegisterAwait.LATE.multipliedBy(5);
  private static final Register FSR = Register.of32("FSR", 0x80);

  private DriverLoop loop;
  private ReactiveRegion bar0;

  @BeforeEach
  void open() {
    loop = DriverLoop.create();
    bar0 = TestBackend.open(new TestBackend(), loop).region(RegionIndex.BAR0);
    // what is loaded and compiled now does not hold the loop up later
    bar0.await(FSR, 1, 0, Duration.ofMillis(1), RegisterAwait.LATE).block(LIMIT);
  }

  @AfterEach
  void close() {
    loop.close().block(LIMIT);
  }

  // begins the wait and holds the loop up in one task, so that no read can come in between
  private Mono<Integer> awaitOnAHeldUpLoop(Runnable afterwards) {
    Mono<Integer> wait = bar0.await(FSR, 1, 1, Duration.ofMillis(1), RegisterAwait.LATE);
    return Mono.defer(
            () -> {
              loop.execute(
                  () -> {
                    long end = System.nanoTime() + HELD_UP.toNanos();
                    while (System.nanoTime() < end) {
                      // busy: what waits in any other way is caught by BlockHound
                    }
                    loop.scheduler().schedule(afterwards, 1, TimeUnit.MILLISECONDS);
                  });
              return wait;
            })
        .subscribeOn(loop.scheduler());
  }

  @Test
  void theDeviceGetsTimeToAnswer() {
    StepVerifier.create(awaitOnAHeldUpLoop(() -> bar0.write32(0x80, 1)))
        .expectNext(1)
        .expectComplete()
        .verify(LIMIT);
  }

  @Test
  void butNotForEver() {
    StepVerifier.create(awaitOnAHeldUpLoop(() -> {}))
        .expectErrorSatisfies(
            error -> assertThat(error).isInstanceOf(RegisterTimeoutException.class))
        .verify(LIMIT);
  }
}
