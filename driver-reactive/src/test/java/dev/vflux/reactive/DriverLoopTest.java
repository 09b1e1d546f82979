package dev.vflux.reactive;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.vflux.testing.Await;
import dev.vflux.testing.LeakCheck;
import dev.vflux.vfio.CpuAffinity;
import dev.vflux.vfio.DriverException;
import dev.vflux.vfio.IrqIndex;
import dev.vflux.vfio.VfioException;
import java.time.Duration;
import java.util.BitSet;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.blockhound.BlockingOperationError;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;

@ExtendWith(LeakCheck.class)
class DriverLoopTest {

  private static final Duration LIMIT = Duration.ofSeconds(10);

  private final DriverLoop loop = DriverLoop.builder().name("dsp").build();

  @AfterEach
  void close() {
    loop.close().block(LIMIT);
  }

  @Test
  void hasOneNamedDaemonThread() {
    Thread first = requireNonNull(loop.call(Thread::currentThread).block(LIMIT));
    Thread second = loop.call(Thread::currentThread).block(LIMIT);
    assertThat(first).isSameAs(second);
    assertThat(first.getName()).matches("dsp-\\d+").isEqualTo(loop.toString());
    assertThat(first.isDaemon()).isTrue();
    assertThat(loop.inEventLoop()).isFalse();
    assertThat(loop.call(loop::inEventLoop).block(LIMIT)).isTrue();
  }

  @Test
  void schedulesOnItsThread() {
    StepVerifier.create(
            Flux.interval(Duration.ofMillis(1), loop.scheduler())
                .map(i -> loop.inEventLoop())
                .take(3))
        .expectNext(true, true, true)
        .expectComplete()
        .verify(LIMIT);
    StepVerifier.create(Mono.just(1).publishOn(loop.scheduler()).map(i -> loop.inEventLoop()))
        .expectNext(true)
        .expectComplete()
        .verify(LIMIT);
  }

  @Test
  void survivesTheDisposalOfItsScheduler() {
    loop.scheduler().dispose();
    assertThat(loop.call(() -> 1).block(LIMIT)).isEqualTo(1);
    assertThat(loop.scheduler().isDisposed()).isFalse();
  }

  @Test
  void virtualTimeMovesItsScheduler() {
    VirtualTimeScheduler time = VirtualTimeScheduler.create();
    DriverLoop slow = DriverLoop.builder().timer(time).build();
    StepVerifier.withVirtualTime(
            () ->
                Flux.interval(Duration.ofHours(1), slow.scheduler())
                    .map(i -> i + ":" + slow.inEventLoop() + ":" + now(slow))
                    .take(2),
            () -> time,
            Long.MAX_VALUE)
        .expectSubscription()
        .expectNoEvent(Duration.ofHours(1))
        .expectNext("0:true:1")
        .thenAwait(Duration.ofHours(1))
        .expectNext("1:true:2")
        .expectComplete()
        .verify(LIMIT);
    slow.close().block(LIMIT);
  }

  private static long now(DriverLoop loop) {
    return loop.scheduler().now(TimeUnit.HOURS);
  }

  @Test
  void refusesToBlock() {
    StepVerifier.create(loop.call(() -> Mono.never().block(LIMIT)))
        .expectErrorSatisfies(
            e ->
                assertThat(e)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining(loop.toString()))
        .verify(LIMIT);
  }

  @Test
  void isWatchedByBlockHoundInThisSuite() {
    StepVerifier.create(
            loop.call(
                () -> {
                  LockSupport.parkNanos(1);
                  return 1;
                }))
        .expectError(BlockingOperationError.class)
        .verify(LIMIT);
  }

  @Test
  void runsOnTheChosenCpu() {
    int last = CpuAffinity.allowed().length() - 1;
    DriverLoop pinned = DriverLoop.builder().cpu(last).build();
    BitSet only = new BitSet();
    only.set(last);
    assertThat(pinned.call(CpuAffinity::allowed).block(LIMIT)).isEqualTo(only);
    assertThat(loop.call(CpuAffinity::allowed).block(LIMIT)).isEqualTo(CpuAffinity.allowed());
    pinned.close().block(LIMIT);
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 8191, 8192, Integer.MAX_VALUE})
  void refusesACpuThatItMayNotUse(int cpu) {
    DriverLoop.Builder builder = DriverLoop.builder().name("refused").cpu(cpu);
    VfioException refused = catchThrowableOfType(VfioException.class, builder::build);
    assertThat(refused).hasMessageContaining("CPU " + cpu).hasMessageContaining("CPUs {0");
    assertThat(refused.errno()).isEqualTo(22);
    Await.until(
        "no thread left behind",
        () ->
            Thread.getAllStackTraces().keySet().stream()
                .noneMatch(thread -> thread.getName().startsWith("refused")));
  }

  @Test
  void doesNotWaitForAnotherLoopsThreadOnALoop() {
    StepVerifier.create(loop.call(() -> DriverLoop.builder().cpu(0).build()))
        .expectError(IllegalStateException.class)
        .verify(LIMIT);
  }

  @Test
  void refusesANegativeSpinWindow() {
    DriverLoop.Builder builder = DriverLoop.builder();
    assertThatThrownBy(() -> builder.spin(Duration.ofNanos(-1)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  /** Its window stays open all the time, as every task and timer is due within it. */
  @Test
  void runsTasksAndTimersAndEndsWhileItSpins() {
    DriverLoop spinning = DriverLoop.builder().spin(Duration.ofHours(1)).build();
    TestBackend backend = new TestBackend();
    ReactiveDevice device = TestBackend.open(backend, spinning);
    AtomicLong seen = new AtomicLong();
    device.interrupts(IrqIndex.MSI, 0).subscribe(i -> seen.addAndGet(i.count()));
    for (long i = 1; i <= 100; i++) {
      long sent = i;
      backend.signal(IrqIndex.MSI, 0);
      Await.until("an interrupt", () -> seen.get() == sent);
      assertThat(spinning.call(() -> sent).block(LIMIT)).isEqualTo(sent);
    }
    Flux.interval(Duration.ofMillis(1), spinning.scheduler()).take(10).blockLast(LIMIT);
    spinning.close().block(LIMIT);
  }

  /** Were the tasks of one turn not limited to a millisecond, this would take minutes. */
  @Test
  void tasksWithoutEndDoNotKeepInterruptsAway() {
    TestBackend backend = new TestBackend();
    ReactiveDevice device = TestBackend.open(backend, loop);
    AtomicLong seen = new AtomicLong();
    device.interrupts(IrqIndex.MSI, 0).subscribe(i -> seen.addAndGet(i.count()));
    AtomicBoolean enough = new AtomicBoolean();
    again(enough);
    for (long i = 1; i <= 300; i++) {
      long sent = i;
      backend.signal(IrqIndex.MSI, 0);
      Await.until("an interrupt", () -> seen.get() == sent);
    }
    enough.set(true);
  }

  private void again(AtomicBoolean enough) {
    if (!enough.get()) {
      loop.execute(() -> again(enough));
    }
  }

  @Test
  void rejectsTasksAfterClose() {
    loop.close().block(LIMIT);
    loop.close().block(LIMIT);
    assertThatThrownBy(() -> loop.execute(() -> {})).isInstanceOf(RejectedExecutionException.class);
    StepVerifier.create(loop.call(() -> 1))
        .expectError(RejectedExecutionException.class)
        .verify(LIMIT);
    assertThat(loop.scheduler().isDisposed()).isTrue();
  }

  @Test
  void saysWhatToAddWhereNativeEpollIsMissing() {
    assertThat(DriverLoop.isAvailable()).isTrue();
    assertThat(DriverLoop.unavailabilityCause()).isEmpty();
    DriverLoop.ensureAvailable();
    Throwable cause = new UnsatisfiedLinkError("no library");
    DriverException missing = DriverLoop.unavailable(cause, "Linux", "aarch64");
    assertThat(missing)
        .hasMessageContaining("Linux/aarch64: no library")
        .hasMessageContaining("io.netty:netty-transport-native-epoll")
        .hasMessageContaining("classifier linux-aarch_64")
        .hasMessageContaining("--add-modules io.netty.transport.epoll.linux.aarch_64")
        .hasCause(cause);
    assertThat(DriverLoop.unavailable(cause, "Linux", "amd64"))
        .hasMessageContaining("classifier linux-x86_64");
  }
}
