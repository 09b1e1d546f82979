package dev.vflux.adsp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vflux.reactive.RegisterTimeoutException;
import dev.vflux.vfio.Register;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;

/** Waiting for an interrupt and for the register behind it, to the millisecond, in virtual time. */
class AnnouncementTest {

  private static final Register HIPCIDA = Register.of32("HIPCIDA", 0xd4);
  private static final int DONE = 0x8000_0000;
  private static final Duration EVERY = Duration.ofMillis(10);
  private static final Duration LIMIT = Duration.ofMillis(500);

  private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
  private final List<String> looks = new ArrayList<>();
  private int register;
  private int lost;
  private boolean deaf;

  private final Announcement<String> announcement =
      new Announcement<>(
          HIPCIDA,
          DONE,
          new Announcement.Source() {
            @Override
            public int look(Register looked) {
              looks.add(looked.name());
              return register;
            }

            @Override
            public void serveLost(Register looked) {
              lost++;
              if (!deaf) {
                announcement.arrive("served without an interrupt");
              }
            }
          });

  @AfterEach
  void stopTime() {
    time.dispose();
  }

  private Mono<String> await(Runnable check) {
    return announcement.await("emulated:none", EVERY, LIMIT, time, check);
  }

  private Mono<String> await() {
    return await(() -> {});
  }

  @Test
  void theInterruptEndsTheWait() {
    StepVerifier.create(await())
        .then(() -> time.advanceTimeBy(Duration.ofMillis(25)))
        .then(() -> announcement.arrive("by interrupt"))
        .expectNext("by interrupt")
        .verifyComplete();
    assertThat(looks).hasSize(2);
    assertThat(lost).isZero();
  }

  @Test
  void whatArrivedBeforeIsThereAtOnce() {
    announcement.arrive("early");
    StepVerifier.create(await()).expectNext("early").verifyComplete();
    assertThat(looks).isEmpty();
  }

  @Test
  void expectForgetsWhatArrivedBefore() {
    announcement.arrive("of the attempt before");
    announcement.expect();
    StepVerifier.create(await())
        .then(() -> time.advanceTimeBy(EVERY))
        .then(() -> announcement.arrive("of this one"))
        .expectNext("of this one")
        .verifyComplete();
  }

  @Test
  void aSetRegisterIsGivenOnePeriodForItsInterrupt() {
    register = DONE;
    StepVerifier.create(await())
        .then(() -> time.advanceTimeBy(EVERY))
        .then(() -> assertThat(lost).isZero())
        .then(() -> announcement.arrive("late, but by interrupt"))
        .expectNext("late, but by interrupt")
        .verifyComplete();
    assertThat(lost).isZero();
  }

  @Test
  void aLostInterruptIsNoticedAtTheSecondLook() {
    register = DONE;
    StepVerifier.create(await())
        .then(() -> time.advanceTimeBy(EVERY.multipliedBy(2)))
        .expectNext("served without an interrupt")
        .verifyComplete();
    assertThat(lost).isEqualTo(1);
  }

  @Test
  void oneThatIsLostRightBeforeTheLimitIsNoticedAtTheLimit() {
    StepVerifier.create(await())
        .then(() -> time.advanceTimeBy(LIMIT.minus(EVERY)))
        .then(() -> register = DONE)
        .then(() -> time.advanceTimeBy(EVERY))
        .expectNext("served without an interrupt")
        .verifyComplete();
  }

  @Test
  void atTheLimitTheErrorSaysWhatTheRegisterSaid() {
    register = 0x1234;
    StepVerifier.create(await())
        .then(() -> time.advanceTimeBy(LIMIT.minusMillis(1)))
        .then(() -> assertThat(looks).hasSize(49))
        .then(() -> time.advanceTimeBy(Duration.ofMillis(1)))
        .verifyErrorSatisfies(
            error ->
                assertThat(error)
                    .isInstanceOfSatisfying(
                        RegisterTimeoutException.class,
                        timeout -> {
                          assertThat(timeout.register()).isEqualTo(HIPCIDA);
                          assertThat(timeout.mask()).isEqualTo(DONE);
                          assertThat(timeout.wanted()).isEqualTo(DONE);
                          assertThat(timeout.last()).isEqualTo(0x1234);
                          assertThat(timeout.limit()).isEqualTo(LIMIT);
                        }));
  }

  @Test
  void aBitThatStaysSetWithoutBeingServedEndsAtTheLimit() {
    register = DONE;
    deaf = true;
    StepVerifier.create(await())
        .then(() -> time.advanceTimeBy(LIMIT))
        .expectErrorSatisfies(
            error ->
                assertThat(error)
                    .isInstanceOfSatisfying(
                        RegisterTimeoutException.class,
                        timeout -> assertThat(timeout.last()).isEqualTo(DONE)))
        .verify(Duration.ofSeconds(10));
    assertThat(lost).isPositive();
  }

  @Test
  void theCheckCanEndTheWait() {
    StepVerifier.create(
            await(
                () -> {
                  throw new IllegalStateException("hopeless");
                }))
        .then(() -> time.advanceTimeBy(EVERY))
        .verifyErrorMessage("hopeless");
  }

  @Test
  void cancellingStopsTheLooks() {
    StepVerifier.create(await())
        .then(() -> time.advanceTimeBy(EVERY))
        .thenCancel()
        .verify(Duration.ofSeconds(5));
    time.advanceTimeBy(LIMIT);
    assertThat(looks).hasSize(1);
  }
}
