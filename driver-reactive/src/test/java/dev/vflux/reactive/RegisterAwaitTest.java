package dev.vflux.reactive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vflux.testing.LeakCheck;
import dev.vflux.vfio.RegionIndex;
import dev.vflux.vfio.Register;
import dev.vflux.vfio.RegisterAccessException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;

/** Waits in virtual time: each reads exactly when it should. */
@ExtendWith(LeakCheck.class)
class RegisterAwaitTest {

  private static final Duration LIMIT = Duration.ofSeconds(10);
  private static final Register FSR = Register.of32("FSR", 0x80);

  private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
  private final List<Long> reads = new CopyOnWriteArrayList<>();
  private DriverLoop loop;
  private ReactiveDevice device;
  private ReactiveRegion bar0;

  @BeforeEach
  void open() {
    loop = DriverLoop.builder().timer(time).build();
    TestBackend backend = new TestBackend();
    backend.onRead = () -> reads.add(time.now(TimeUnit.MILLISECONDS));
    device = TestBackend.open(backend, loop);
    bar0 = device.region(RegionIndex.BAR0);
  }

  @AfterEach
  void close() {
    loop.close().block(LIMIT);
  }

  private StepVerifier.FirstStep<Integer> verify(Supplier<Mono<Integer>> wait) {
    return StepVerifier.withVirtualTime(wait, () -> time, Long.MAX_VALUE);
  }

  private Mono<Integer> await(int mask, int value, int everyMillis, int limitMillis) {
    return bar0.await(
        FSR, mask, value, Duration.ofMillis(everyMillis), Duration.ofMillis(limitMillis));
  }

  @Test
  void whatIsThereAlreadyIsSeenAtOnce() {
    bar0.write32(0x80, 0xab05);
    verify(() -> await(0xff, 0x05, 10, 0)).expectNext(0xab05).expectComplete().verify(LIMIT);
    assertThat(reads).containsExactly(0L);
  }

  @Test
  void readsEverySoOftenUntilTheBitsAreThere() {
    verify(() -> await(0xf, 5, 10, 1000))
        .expectSubscription()
        .expectNoEvent(Duration.ofMillis(25))
        .then(() -> bar0.write32(0x80, 0x15))
        .expectNoEvent(Duration.ofMillis(4))
        .thenAwait(Duration.ofMillis(1))
        .expectNext(0x15)
        .expectComplete()
        .verify(LIMIT);
    assertThat(reads).containsExactly(0L, 10L, 20L, 30L);
  }

  @Test
  void readsALastTimeAtTheLimitAndSaysWhatItSaw() {
    bar0.write32(0x80, 0x1003);
    verify(() -> await(0xf, 5, 300, 1000))
        .expectSubscription()
        .expectNoEvent(Duration.ofMillis(999))
        .thenAwait(Duration.ofMillis(1))
        .expectErrorSatisfies(
            e -> {
              assertThat(e)
                  .isInstanceOf(RegisterTimeoutException.class)
                  .hasMessage(
                      "await FSR on test:device BAR0+0x80: after 1s the value is 0x00001003,"
                          + " wanted 0x00000005 under mask 0x0000000f; look at what should change"
                          + " this register, or allow more time");
              RegisterTimeoutException timeout = (RegisterTimeoutException) e;
              assertThat(timeout.register()).isEqualTo(FSR);
              assertThat(timeout.mask()).isEqualTo(0xf);
              assertThat(timeout.wanted()).isEqualTo(5);
              assertThat(timeout.last()).isEqualTo(0x1003);
              assertThat(timeout.limit()).isEqualTo(Duration.ofSeconds(1));
              assertThat(timeout.isTransient()).isTrue();
              assertThat(timeout.isAllOnes()).isFalse();
            })
        .verify(LIMIT);
    assertThat(reads).containsExactly(0L, 300L, 600L, 900L, 1000L);
  }

  @Test
  void theLastReadMayStillSucceed() {
    verify(() -> await(0xf, 5, 300, 1000))
        .expectSubscription()
        .thenAwait(Duration.ofMillis(950))
        .then(() -> bar0.write32(0x80, 5))
        .thenAwait(Duration.ofMillis(50))
        .expectNext(5)
        .expectComplete()
        .verify(LIMIT);
  }

  @Test
  void allOnesIsSaid() {
    bar0.write32(0x80, -1);
    verify(() -> await(0xf, 5, 1, 0))
        .expectErrorSatisfies(
            e -> assertThat(e).hasMessageContaining("0xffffffff").hasMessageContaining("all ones"))
        .verify(LIMIT);
  }

  @Test
  void narrowRegistersAreReadAtTheirWidth() {
    bar0.write32(0x80, 0xffff_1234);
    Register high = Register.of16("HIGH", 0x82);
    verify(() -> bar0.await(high, 0xff, 0xff, Duration.ofMillis(1), LIMIT))
        .expectNext(0xffff)
        .expectComplete()
        .verify(LIMIT);
    Register low = Register.of8("LOW", 0x83);
    verify(() -> bar0.await(low, 1, 0, Duration.ofMillis(1), Duration.ZERO))
        .expectErrorSatisfies(
            e ->
                assertThat(e)
                    .hasMessageContaining("the value is 0xff")
                    .hasMessageContaining("all ones"))
        .verify(LIMIT);
  }

  @Test
  void cancellingStopsTheReads() {
    verify(() -> await(1, 1, 10, 1000))
        .expectSubscription()
        .thenAwait(Duration.ofMillis(25))
        .thenCancel()
        .verify(LIMIT);
    time.advanceTimeBy(Duration.ofSeconds(2));
    assertThat(reads).containsExactly(0L, 10L, 20L);
  }

  @Test
  void eachSubscriptionWaitsAnew() {
    bar0.write32(0x80, 1);
    Mono<Integer> wait = await(1, 1, 10, 100);
    verify(() -> wait.repeat(2).reduce(Integer::sum)).expectNext(3).expectComplete().verify(LIMIT);
  }

  @Test
  void closingTheDeviceEndsTheWaitWithATypedError() {
    verify(() -> await(1, 1, 10, 1000))
        .expectSubscription()
        .then(() -> device.close().block(LIMIT))
        .thenAwait(Duration.ofMillis(10))
        .expectError(RegisterAccessException.class)
        .verify(LIMIT);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aGuardEndsAHopelessWaitWhateverItThrows(boolean bug) {
    IntConsumer guard =
        value -> {
          if (value != 0 && bug) {
            throw new AssertionError("hopeless");
          }
          if (value != 0) {
            throw new IllegalStateException("hopeless");
          }
        };
    verify(() -> bar0.await(FSR, 1, 1, Duration.ofMillis(10), LIMIT, guard))
        .expectSubscription()
        .expectNoEvent(Duration.ofMillis(15))
        .then(() -> bar0.write32(0x80, 2))
        .thenAwait(Duration.ofMillis(5))
        .expectErrorMessage("hopeless")
        .verify(LIMIT);
  }

  /** In real time: virtual time would hand the error to the thread that moves it. */
  @Test
  void evenAnErrorFatalToTheJvmEndsTheWait() {
    DriverLoop real = DriverLoop.create();
    ReactiveRegion region = TestBackend.open(new TestBackend(), real).region(RegionIndex.BAR0);
    IntConsumer guard =
        value -> {
          throw new StackOverflowError("made by the test");
        };
    StepVerifier.create(region.await(FSR, 1, 1, Duration.ofMillis(1), LIMIT, guard))
        .expectError(StackOverflowError.class)
        .verify(LIMIT);
    real.close().block(LIMIT);
  }

  @Test
  void theLongestWaitIsStillAWait() {
    Duration longest = Duration.ofNanos(Long.MAX_VALUE);
    verify(() -> bar0.await(FSR, 1, 1, Duration.ofMillis(10), longest))
        .expectSubscription()
        .expectNoEvent(Duration.ofMillis(25))
        .then(() -> bar0.write32(0x80, 1))
        .thenAwait(Duration.ofMillis(5))
        .expectNext(1)
        .expectComplete()
        .verify(LIMIT);
  }

  @Test
  void waitsThatCannotSucceedAreRefused() {
    assertThatThrownBy(() -> await(0xf, 0x10, 1, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("FSR");
    assertThatThrownBy(() -> await(0xf, 1, 0, 1)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> await(0xf, 1, 1, -1)).isInstanceOf(IllegalArgumentException.class);
    Duration tooLong = Duration.ofSeconds(Long.MAX_VALUE);
    assertThatThrownBy(() -> bar0.await(FSR, 1, 1, LIMIT, tooLong))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("292 years");
    assertThatThrownBy(() -> bar0.await(FSR, 1, 1, tooLong, LIMIT))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("292 years");
    Register narrow = Register.of8("LOW", 0x83);
    assertThatThrownBy(() -> bar0.await(narrow, 0x100, 0, LIMIT, LIMIT))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("8-bit");
    Register wide = Register.of64("WIDE", 0x88);
    assertThatThrownBy(() -> bar0.await(wide, 1, 1, LIMIT, LIMIT))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
