package dev.vflux.emulated;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vflux.testing.Await;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ClockTest {

  private final List<String> done = Collections.synchronizedList(new ArrayList<>());

  private Runnable note(String what) {
    return () -> done.add(what);
  }

  @Test
  void aSteppedClockRunsTasksInTimeOrder() {
    SteppedClock clock = DeviceClock.stepped();
    clock.schedule(Duration.ofMillis(2), () -> done.add("2 at " + clock.nanos()));
    clock.schedule(Duration.ofMillis(1), note("1 first"));
    clock.schedule(Duration.ofMillis(1), note("1 second"));
    clock.schedule(Duration.ofMillis(3), note("3"));
    clock.schedule(Duration.ofMillis(1), () -> clock.schedule(Duration.ofMillis(1), note("1 + 1")));
    clock.advance(Duration.ofNanos(999_999));
    assertThat(done).isEmpty();
    clock.advance(Duration.ofNanos(1_000_001));
    assertThat(done).containsExactly("1 first", "1 second", "2 at 2000000", "1 + 1");
    assertThat(clock.nanos()).isEqualTo(2_000_000);
  }

  @Test
  void aSteppedClockJumpsToTheNextTask() {
    SteppedClock clock = DeviceClock.stepped();
    clock.schedule(Duration.ofHours(1), note("a"));
    clock.schedule(Duration.ofHours(2), note("b")).cancel();
    assertThat(clock.runNext()).isTrue();
    assertThat(clock.nanos()).isEqualTo(Duration.ofHours(1).toNanos());
    assertThat(clock.runNext()).isFalse();
    assertThat(done).containsExactly("a");
    clock.schedule(Duration.ZERO, note("c"));
    clock.close();
    assertThat(clock.runNext()).isFalse();
    clock.schedule(Duration.ZERO, note("d"));
    assertThat(clock.runNext()).isFalse();
  }

  @Test
  void aDelayIsNotNegative() {
    SteppedClock clock = DeviceClock.stepped();
    assertThatThrownBy(() -> clock.schedule(Duration.ofNanos(-1), note("no")))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static void pass(CountDownLatch gate) {
    try {
      assertThat(gate.await(Await.LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException closed) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void realTimePasses() throws InterruptedException {
    DeviceClock clock = DeviceClock.realTime("test");
    try {
      CountDownLatch end = new CountDownLatch(1);
      long start = clock.nanos();
      long[] last = {0};
      // nothing runs until all are scheduled, so that what is slow here changes nothing
      CountDownLatch scheduled = new CountDownLatch(1);
      clock.schedule(Duration.ZERO, () -> pass(scheduled));
      clock.schedule(Duration.ofMillis(10), () -> done.add(Thread.currentThread().getName()));
      clock.schedule(Duration.ofMillis(20), note("cancelled")).cancel();
      clock.schedule(Duration.ofMillis(30), note("30"));
      clock.schedule(
          Duration.ZERO,
          () -> {
            throw new IllegalStateException("on purpose: a task that fails");
          });
      clock.schedule(
          Duration.ofMillis(40),
          () -> {
            last[0] = clock.nanos();
            end.countDown();
          });
      scheduled.countDown();
      assertThat(end.await(Await.LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
      assertThat(done).containsExactly("emulated-test", "30");
      assertThat(last[0] - start).isGreaterThanOrEqualTo(40_000_000);
    } finally {
      clock.close();
    }
    clock.schedule(Duration.ZERO, note("after close"));
    Await.until(
        "the thread ends",
        () ->
            Thread.getAllStackTraces().keySet().stream()
                .noneMatch(thread -> thread.getName().equals("emulated-test")));
    assertThat(done).doesNotContain("after close");
  }
}
