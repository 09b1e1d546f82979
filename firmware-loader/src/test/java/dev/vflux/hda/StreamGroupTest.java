package dev.vflux.hda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vflux.hda.StreamBench.Counter;
import dev.vflux.reactive.RegisterTimeoutException;
import dev.vflux.testing.Await;
import dev.vflux.testing.LeakCheck;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Streams that start and stop together. */
@ExtendWith(LeakCheck.class)
class StreamGroupTest {

  private static final long SSYNC = 0x38;
  private static final int STS = 0x3;
  private static final long FIFORDY = 0x20;

  private final StreamBench bench = StreamBench.cml();
  private final List<HdaStream> streams = new ArrayList<>();

  private void prepareTwo() {
    for (int i = 0; i < 2; i++) {
      streams.add(bench.prepared(StreamDirection.PLAYBACK, StreamRoute.LINK));
    }
  }

  private void assertThatNothingRuns() {
    assertThat(bench.bar0.read32(SSYNC)).as("SSYNC").isZero();
    assertThat(bench.bar0.read32(0x20) & 0x180).as("SIE").isZero();
    assertThat(bench.bar0.read8(0x160)).as("SD7CTL").isZero();
    assertThat(bench.bar0.read8(0x180)).as("SD8CTL").isZero();
  }

  @Test
  void theyAreHeldUntilAllAreReady() {
    try (bench) {
      prepareTwo();
      Counter first = new Counter();
      Counter second = new Counter();
      bench.onLoop(
          () -> {
            streams.get(0).listen(first);
            streams.get(1).listen(second);
          });
      List<String> writes = bench.writes();
      bench.run(bench.hda.startTogether(streams));
      bench.settle();
      assertThat(writes).startsWith("38=180").containsSubsequence("160=1e", "180=1e", "38=0");
      Await.until("both play", () -> first.completed.get() > 1 && second.completed.get() > 1);
      writes.clear();
      bench.run(bench.hda.stopTogether(streams));
      bench.settle();
      assertThat(writes)
          .containsSubsequence("38=180", "160=0", "180=0", "163=1c", "183=1c", "38=0");
      assertThatNothingRuns();
    }
  }

  @Test
  void aFifoThatIsNotReadyStopsAll() {
    try (bench) {
      prepareTwo();
      bench.script.read(StreamBench.sd(streams.get(1), STS), value -> value & ~FIFORDY);
      RegisterTimeoutException timeout =
          bench.fails(RegisterTimeoutException.class, bench.hda.startTogether(streams));
      assertThat(timeout.register().name()).isEqualTo("SDxSTS");
      assertThat(timeout.mask()).isEqualTo((int) FIFORDY);
      assertThat(timeout.limit()).isEqualTo(HdaStream.FIFO_READY_LIMIT);
      assertThatNothingRuns();
    }
  }

  @Test
  void cancellingStopsAll() {
    try (bench) {
      prepareTwo();
      bench.script.read(StreamBench.sd(streams.get(1), STS), value -> value & ~FIFORDY);
      List<Throwable> errors = new ArrayList<>();
      List<String> writes = bench.writes();
      bench.onLoop(
          () -> bench.hda.startTogether(streams).subscribe(nothing -> {}, errors::add).dispose());
      Await.until("all are stopped", () -> bench.bar0.read32(0x20) == 0xc000_0000);
      bench.settle();
      assertThat(writes).contains("38=180", "180=1e");
      assertThat(errors).isEmpty();
      assertThatNothingRuns();
    }
  }

  @Test
  void oneThatIsNotPreparedKeepsTheOthersFromStarting() {
    try (bench) {
      prepareTwo();
      streams.add(bench.open(StreamDirection.CAPTURE));
      List<String> writes = bench.writes();
      assertThat(bench.fails(IllegalStateException.class, bench.hda.startTogether(streams)))
          .hasMessageContaining("CAPTURE stream 0");
      bench.settle();
      assertThat(writes).isEmpty();
    }
  }

  @Test
  void theWallClockCounts() {
    try (bench) {
      long before = bench.on(bench.hda::wallClock);
      Await.until("a millisecond", () -> bench.on(bench.hda::wallClock) > before + 24_000);
      bench.script.read(0x30, value -> 0x8000_0000L);
      assertThat(bench.on(bench.hda::wallClock)).isEqualTo(0x8000_0000L);
    }
  }
}
