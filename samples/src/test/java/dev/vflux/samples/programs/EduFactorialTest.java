package dev.vflux.samples.programs;

import dev.vflux.emulated.BoardSettings;
import dev.vflux.emulated.DeviceClock;
import dev.vflux.emulated.EmulatedDevices;
import dev.vflux.emulated.SteppedClock;
import dev.vflux.reactive.DriverLoop;
import dev.vflux.reactive.ReactiveDevice;
import dev.vflux.testing.LeakCheck;
import dev.vflux.vfio.Devices;
import dev.vflux.vfio.RegionIndex;
import dev.vflux.vfio.Register;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

/** How to test a driver against an emulated device: copy this, and put your driver in. */
@ExtendWith(LeakCheck.class)
class EduFactorialTest {

  private static final Register STATUS = Register.of32("STATUS", 0x20);
  private static final int COMPUTING = 0x01;
  private static final Duration LIMIT = Duration.ofSeconds(10);

  private DriverLoop loop;

  @BeforeEach
  void startLoop() {
    loop = DriverLoop.create();
  }

  @AfterEach
  void closeLoopAndItsDevices() {
    StepVerifier.create(loop.close()).expectComplete().verify(LIMIT);
  }

  @Test
  void theInterruptBringsTheResult() {
    Mono<Integer> factorial =
        ReactiveDevice.open("emulated:edu", loop)
            .flatMap(device -> new EduFactorial(device).factorial(10));

    StepVerifier.create(factorial).expectNext(3_628_800).expectComplete().verify(LIMIT);
  }

  @Test
  void oneAfterTheOther() {
    ReactiveDevice device = ReactiveDevice.of(Devices.open("emulated:edu"), loop);
    EduFactorial edu = new EduFactorial(device);

    StepVerifier.create(edu.factorial(5).concatWith(edu.factorial(6)).concatWith(edu.factorial(0)))
        .expectNext(120, 720, 1)
        .expectComplete()
        .verify(LIMIT);
  }

  @Test
  void theDeviceTakesItsTime() {
    SteppedClock clock = DeviceClock.stepped();
    ReactiveDevice device = stepped(clock);

    // the test owns the device's time: no sleep, and the same at every run
    StepVerifier.create(new EduFactorial(device).factorial(4))
        .expectSubscription()
        .then(computing(device)::block)
        .then(() -> clock.advance(Duration.ofSeconds(1)))
        .expectNext(24)
        .expectComplete()
        .verify(LIMIT);
  }

  @Test
  void aCancelledComputationDoesNotAnswerForTheNext() {
    SteppedClock clock = DeviceClock.stepped();
    ReactiveDevice device = stepped(clock);
    EduFactorial edu = new EduFactorial(device);

    StepVerifier.create(edu.factorial(7))
        .expectSubscription()
        .then(computing(device)::block)
        .thenCancel()
        .verify(LIMIT);
    StepVerifier.create(edu.factorial(3))
        .expectSubscription()
        .then(() -> clock.advance(Duration.ofSeconds(1)))
        .then(computing(device)::block)
        .then(() -> clock.advance(Duration.ofSeconds(1)))
        .expectNext(6)
        .expectComplete()
        .verify(LIMIT);
  }

  private ReactiveDevice stepped(SteppedClock clock) {
    return ReactiveDevice.of(
        EmulatedDevices.open("edu", BoardSettings.builder().clock(clock).build()), loop);
  }

  private static Mono<Integer> computing(ReactiveDevice device) {
    return device
        .region(RegionIndex.BAR0)
        .await(STATUS, COMPUTING, COMPUTING, Duration.ofMillis(1), LIMIT);
  }
}
