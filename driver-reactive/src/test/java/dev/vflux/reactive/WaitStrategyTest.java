package dev.vflux.reactive;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vflux.testing.LeakCheck;
import dev.vflux.vfio.EventFd;
import io.netty.channel.SelectStrategy;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** When a loop looks, spins and waits, with a clock that the test moves. */
@ExtendWith(LeakCheck.class)
class WaitStrategyTest {

  private static final Duration MAX = Duration.ofNanos(80_000);

  private long now;
  private int ready;
  private int polls;

  private int next(WaitStrategy strategy) throws Exception {
    return strategy.calculateStrategy(
        () -> {
          polls++;
          return ready;
        },
        false);
  }

  private WaitStrategy spinning() {
    return new WaitStrategy(MAX, () -> now);
  }

  /** Waits for so long, then something is ready; how long the strategy spun before it waited. */
  private long spunInWaitOf(WaitStrategy strategy, long nanos) throws Exception {
    long start = now;
    while (next(strategy) == SelectStrategy.CONTINUE && now - start < nanos) {
      now += 100;
    }
    long spun = now - start;
    now = start + nanos;
    strategy.awake();
    return spun;
  }

  @Test
  void withTasksItNeverWaits() throws Exception {
    for (WaitStrategy strategy : List.of(spinning(), new WaitStrategy(Duration.ZERO, () -> now))) {
      assertThat(strategy.calculateStrategy(() -> 0, true)).isZero();
      assertThat(strategy.calculateStrategy(() -> 3, true)).isEqualTo(3);
    }
  }

  @Test
  void aPassOfTheLoopHasOneTime() throws Exception {
    for (WaitStrategy strategy : List.of(spinning(), new WaitStrategy(Duration.ZERO, () -> now))) {
      ready = 2;
      assertThat(next(strategy)).isEqualTo(2);
      now = 1_000;
      assertThat(strategy.noticed()).isEqualTo(1_000);
      now = 2_000;
      assertThat(strategy.noticed()).isEqualTo(1_000);
      assertThat(next(strategy)).isEqualTo(2);
      assertThat(strategy.noticed()).isEqualTo(2_000);
    }
  }

  @Test
  void looksBeforeItWaitsWhileThatPays() throws Exception {
    WaitStrategy strategy = new WaitStrategy(Duration.ZERO, () -> now);
    ready = 2;
    assertThat(next(strategy)).isEqualTo(2);
    ready = 0;
    for (int i = 0; i < WaitStrategy.MISSES; i++) {
      assertThat(next(strategy)).isEqualTo(SelectStrategy.SELECT);
    }
    polls = 0;
    for (int i = 0; i < WaitStrategy.SKIPPED_LOOKS; i++) {
      assertThat(next(strategy)).isEqualTo(SelectStrategy.SELECT);
    }
    assertThat(polls).as("looks while they do not pay").isZero();
    ready = 1;
    assertThat(next(strategy)).isEqualTo(1);
    assertThat(next(strategy)).as("looks again").isEqualTo(1);
  }

  @Test
  void findsWhatComesBetweenItsLooks() throws Exception {
    WaitStrategy strategy = new WaitStrategy(Duration.ZERO, () -> now);
    int found = strategy.calculateStrategy(() -> ++polls == WaitStrategy.LOOKS ? 1 : 0, false);
    assertThat(found).isEqualTo(1);
    assertThat(polls).isEqualTo(WaitStrategy.LOOKS);
  }

  @Test
  void theWindowGrowsWithWaitsItWouldHaveCovered() throws Exception {
    WaitStrategy strategy = spinning();
    List<Long> spun = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      spun.add(spunInWaitOf(strategy, 79_000));
    }
    assertThat(spun).containsExactly(0L, 10_000L, 20_000L, 40_000L, 79_000L, 79_000L);
  }

  @Test
  void theWindowShrinksToNothingWhenItDoesNotCoverTheWaits() throws Exception {
    WaitStrategy strategy = spinning();
    for (int i = 0; i < 6; i++) {
      long unusedTime = spunInWaitOf(strategy, 50_000);
    }
    List<Long> spun = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      spun.add(spunInWaitOf(strategy, 1_000_000));
    }
    assertThat(spun).containsExactly(80_000L, 40_000L, 20_000L, 10_000L, 0L, 0L);
  }

  @Test
  void readsTheVectorThatFiredLastAndStillLooksAtTheOthers() throws Exception {
    WaitStrategy strategy = spinning();
    for (int i = 0; i < 6; i++) {
      long unusedTime = spunInWaitOf(strategy, 50_000);
    }
    List<Long> counts = new ArrayList<>();
    EventFd eventFd = EventFd.create();
    EventFdIoHandle vector = reading(eventFd, strategy, counts);
    strategy.awake(vector);
    polls = 0;
    for (int i = 0; i < 3 * WaitStrategy.LOOKS_PER_POLL; i++) {
      eventFd.signal();
      assertThat(next(strategy)).isEqualTo(SelectStrategy.CONTINUE);
    }
    assertThat(polls).isEqualTo(3);
    assertThat(counts).hasSize(3 * WaitStrategy.LOOKS_PER_POLL - 3);

    strategy.forget(vector);
    eventFd.signal();
    assertThat(next(strategy)).isEqualTo(SelectStrategy.CONTINUE);
    assertThat(polls).as("only the set is looked at").isEqualTo(4);
    eventFd.close();
  }

  private static EventFdIoHandle reading(
      EventFd eventFd, WaitStrategy strategy, List<Long> counts) {
    EventFdIoHandle[] handle = new EventFdIoHandle[1];
    handle[0] =
        new EventFdIoHandle(
            eventFd,
            new EventFdReader(),
            strategy,
            new DescriptorOwner() {
              @Override
              public void onReady() {
                try {
                  counts.add(handle[0].read());
                } catch (IOException failed) {
                  throw new UncheckedIOException(failed);
                }
              }

              @Override
              public void onThrown(Throwable thrown) {
                throw new AssertionError(thrown);
              }

              @Override
              public void onUnregistered() {}
            });
    return handle[0];
  }
}
