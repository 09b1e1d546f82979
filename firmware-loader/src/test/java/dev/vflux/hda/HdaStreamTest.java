package dev.vflux.hda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vflux.emulated.BoardSettings;
import dev.vflux.emulated.DeviceClock;
import dev.vflux.emulated.EmulatedDevices;
import dev.vflux.emulated.SteppedClock;
import dev.vflux.hda.HdaException.Reason;
import dev.vflux.hda.StreamBench.Counter;
import dev.vflux.hda.StreamBench.Ring;
import dev.vflux.testing.Await;
import dev.vflux.testing.LeakCheck;
import dev.vflux.vfio.DmaBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.publisher.Mono;

/** One stream on the model: what it is told, in which order, and what it reports. */
@ExtendWith(LeakCheck.class)
class HdaStreamTest {

  // SD7 is the first playback stream of this controller
  private static final int INTCTL_GIE_CIE = 0xc000_0000;

  @ParameterizedTest
  @EnumSource(StreamDirection.class)
  void aCoupledStreamReportsItsPeriods(StreamDirection direction) {
    try (StreamBench bench = StreamBench.cml()) {
      HdaStream stream = bench.prepared(direction, StreamRoute.LINK);
      Counter counter = new Counter();
      bench.onLoop(() -> stream.listen(counter));
      bench.run(stream.start());
      Await.until("six periods", () -> counter.completed.get() >= 6);
      int position = bench.on(stream::linkPosition);
      bench.run(stream.stop());
      int seen = counter.completed.get();
      assertThat(position).isBetween(0, StreamBench.RING - 1);
      assertThat(position % 4).as("whole frames").isZero();
      assertThat(bench.bar0.read32(0x20) & 1 << stream.index()).as("SIE").isZero();
      assertThat(bench.on(stream::status)).isZero();
      List<ServedInterrupt> told =
          bench.bench.interrupts.stream().filter(i -> i.completed() != 0).toList();
      assertThat(told).hasSize(seen).allMatch(i -> i.completed() == stream.bit());
      assertThat(counter.starved).hasValue(0);
      assertThat(counter.failed).hasValue(0);
    }
  }

  @Test
  void aPreparedStreamWasToldInTheDatasheetsOrder() {
    try (StreamBench bench = StreamBench.cml()) {
      HdaStream stream = bench.open(StreamDirection.PLAYBACK);
      Ring ring = bench.ring();
      List<String> writes = bench.writes();
      bench.run(bench.prepare(stream, StreamRoute.LINK, ring));
      bench.settle();
      String list = Long.toHexString(ring.listMemory().iova());
      assertThat(writes)
          .startsWith(
              "804=0", // PPCTL.PROCEN: coupled
              "160=0", // SD7CTL: RUN and interrupts off
              "163=1c", // SD7STS
              "160=1", // SRST
              "160=0",
              "178=0", // BDPL
              "17c=0", // BDPU
              "160=0",
              "163=1c",
              "162=10", // tag 1
              "168=1e00", // CBL: four periods
              "172=11", // FMT
              "16c=4", // LVI: the third period crosses 4 KiB
              "178=" + list,
              "17c=0")
          .endsWith("160=1c"); // IOCE, FEIE, DEIE
      assertThat(writes).as("and the position buffer").hasSize(18);
      writes.clear();
      bench.run(stream.start());
      bench.run(stream.stop());
      bench.settle();
      assertThat(writes).containsSubsequence("20=c0000080", "160=1e", "160=0", "163=1c");
      assertThat(bench.bar0.read32(0x20)).isEqualTo(INTCTL_GIE_CIE);
      writes.clear();
      bench.onLoop(stream::close);
      bench.settle();
      assertThat(writes)
          .containsExactly("20=c0000000", "178=0", "17c=0", "160=0", "162=0", "804=0");
    }
  }

  @Test
  void aStreamToTheDspIsDecoupledFirstAndCoupledLast() {
    try (StreamBench bench = StreamBench.cml()) {
      HdaStream stream = bench.open(StreamDirection.PLAYBACK);
      List<String> writes = bench.writes();
      bench.prepare(stream, StreamRoute.DSP);
      bench.onLoop(() -> stream.limitTo(512));
      bench.onLoop(() -> stream.limitTo(1024));
      bench.onLoop(stream::close);
      bench.settle();
      assertThat(writes).startsWith("804=80", "160=0").endsWith("804=0");
      assertThat(writes)
          .containsSubsequence(
              "704=80", // SPBFCCTL
              "740=200", // SPIB
              "740=400", "704=0", "740=0");
      assertThat(writes.stream().filter(write -> write.startsWith("704="))).hasSize(2);
    }
  }

  @Test
  void preparedAgainAStreamRunsFreely() {
    try (StreamBench bench = StreamBench.cml()) {
      HdaStream stream = bench.prepared(StreamDirection.PLAYBACK, StreamRoute.LINK);
      bench.onLoop(() -> stream.limitTo(StreamBench.PERIOD));
      bench.prepare(stream, StreamRoute.LINK);
      assertThat(bench.bar0.read32(0x704)).as("SPBFCCTL").isZero();
    }
  }

  @Test
  void aPeriodOfHalfAFrameIsRefusedBeforeARegisterIsWritten() {
    try (StreamBench bench = StreamBench.cml()) {
      DmaBuffer data = bench.allocate("ring", 8192);
      BufferDescriptorList list = BufferDescriptorList.periods(data.iova(), 1924, 4);
      refused(
          bench,
          stream ->
              stream.prepare(
                  StreamRoute.LINK,
                  new StreamFormat(48_000, 32, 2),
                  list,
                  bench.allocate("BDL", 4096)),
          "1924 bytes, a frame of 8");
    }
  }

  @Test
  void aListThatDoesNotFitIntoItsMemoryIsRefusedBeforeARegisterIsWritten() {
    try (StreamBench bench = StreamBench.cml()) {
      DmaBuffer data = bench.allocate("ring", 1 << 20);
      BufferDescriptorList list = BufferDescriptorList.periods(data.iova(), 4096, 200);
      DmaBuffer small = bench.allocate("BDL", 1600);
      refused(
          bench,
          stream -> stream.prepare(StreamRoute.LINK, StreamBench.S16_48, list, small),
          "3200 bytes");
    }
  }

  private static void refused(
      StreamBench bench, Function<HdaStream, Mono<Void>> preparing, String answer) {
    HdaStream stream = bench.open(StreamDirection.PLAYBACK);
    List<String> writes = bench.writes();
    HdaException error = bench.fails(HdaException.class, preparing.apply(stream));
    bench.settle();
    assertThat(error.reason()).isEqualTo(Reason.BAD_BUFFER);
    assertThat(error.answer()).contains(answer);
    assertThat(error.operation()).contains("PLAYBACK stream 7");
    assertThat(writes).isEmpty();
  }

  @Test
  void withoutADspThereIsOnlyTheLink() {
    PlainHda plain = new PlainHda((hda, word) -> {});
    try (StreamBench bench =
        new StreamBench(EmulatedDevices.open(plain, BoardSettings.defaults()))) {
      HdaStream stream = bench.open(StreamDirection.PLAYBACK);
      List<String> writes = bench.writes();
      Ring ring = bench.ring();
      HdaException error =
          bench.fails(HdaException.class, bench.prepare(stream, StreamRoute.DSP, ring));
      bench.settle();
      assertThat(error.reason()).isEqualTo(Reason.NO_CAPABILITY);
      assertThat(writes).isEmpty();
      bench.onLoop(stream::close);
    }
  }

  @Test
  void whatIsNotPreparedOrNotOpenIsNotStarted() {
    try (StreamBench bench = StreamBench.cml()) {
      HdaStream stream = bench.open(StreamDirection.PLAYBACK);
      List<String> writes = bench.writes();
      assertThat(bench.fails(IllegalStateException.class, stream.start()))
          .hasMessageContaining("not prepared");
      assertThat(bench.fails(IllegalStateException.class, stream.pause()))
          .hasMessageContaining("not prepared");
      bench.settle();
      assertThat(writes).isEmpty();
      bench.prepare(stream, StreamRoute.LINK);
      bench.run(stream.start());
      bench.run(stream.stop());
      assertThat(bench.fails(IllegalStateException.class, stream.start()))
          .as("it starts anew only from its reset")
          .hasMessageContaining("not prepared");
      bench.onLoop(stream::close);
      bench.onLoop(stream::close);
      Ring ring = bench.ring();
      assertThat(
              bench.fails(
                  IllegalStateException.class, bench.prepare(stream, StreamRoute.LINK, ring)))
          .hasMessageContaining("closed");
    }
  }

  @Test
  void periodsPositionsAndPausesAreExact() {
    SteppedClock clock = DeviceClock.stepped();
    BoardSettings settings = BoardSettings.builder().clock(clock).build();
    StreamBench bench = timed(clock, () -> new StreamBench(EmulatedDevices.open("cml", settings)));
    try {
      HdaStream stream = bench.prepared(StreamDirection.PLAYBACK, StreamRoute.LINK);
      Counter counter = new Counter();
      bench.onLoop(() -> stream.listen(counter));
      bench.run(stream.start());
      pass(clock, bench, 1005);
      bench.run(stream.pause());
      int position = bench.on(stream::position);
      int told = counter.completed.get();
      assertThat(told).isEqualTo(100);
      assertThat(position).isBetween(4 * 48 * 4, 4 * 48 * 5);
      pass(clock, bench, 50);
      assertThat(bench.on(stream::position)).isEqualTo(position);
      assertThat(counter.completed).hasValue(told);
      bench.run(stream.resume());
      pass(clock, bench, 20);
      assertThat(bench.on(stream::position))
          .as("it goes on where it was")
          .isBetween(position + 4 * 48 * 19, position + 4 * 48 * 20);
      assertThat(counter.completed).hasValue(told + 2);
      bench.run(stream.stop());
    } finally {
      boolean unusedClosed =
          timed(
              clock,
              () -> {
                bench.close();
                return true;
              });
      clock.close();
    }
  }

  // what has to wait for the device: its time goes on meanwhile
  private static <T> T timed(SteppedClock clock, Supplier<T> work) {
    CompletableFuture<T> done = CompletableFuture.supplyAsync(work);
    while (!done.isDone()) {
      clock.advance(Duration.ofNanos(100_000));
    }
    return done.join();
  }

  // every millisecond's interrupts are served before the next comes
  private static void pass(SteppedClock clock, StreamBench bench, int milliseconds) {
    for (int i = 0; i < milliseconds; i++) {
      clock.advance(Duration.ofMillis(1));
      Await.until("nothing is pending", () -> bench.bar0.read32(0x24) == 0);
      bench.settle();
    }
  }

  @Test
  void aPausedStreamStandsStillAndGoesOn() {
    try (StreamBench bench = StreamBench.cml()) {
      HdaStream stream = bench.prepared(StreamDirection.PLAYBACK, StreamRoute.LINK);
      Counter counter = new Counter();
      bench.onLoop(() -> stream.listen(counter));
      bench.run(stream.start());
      Await.until("a period", () -> counter.completed.get() >= 1);
      List<String> writes = bench.writes();
      bench.run(stream.pause());
      int position = bench.on(stream::position);
      assertThat(bench.bar0.read8(StreamBench.sd(stream, 0)))
          .as("no RUN, interrupts as they were")
          .isEqualTo(0x1c);
      assertThat(bench.on(stream::position)).isEqualTo(position);
      bench.run(stream.resume());
      int seen = counter.completed.get();
      Await.until("more periods", () -> counter.completed.get() >= seen + 2);
      bench.run(stream.stop());
      assertThat(writes).doesNotContain("160=1", "168=1e00").contains("160=1c", "160=1e");
    }
  }

  @Test
  void theDmaWritesItsPositionToMemory() {
    try (StreamBench bench = StreamBench.cml()) {
      HdaStream stream = bench.prepared(StreamDirection.PLAYBACK, StreamRoute.LINK);
      assertThat(bench.on(stream::positionBuffer)).isZero();
      bench.run(stream.start());
      Await.until("the DMA has moved", () -> bench.on(stream::positionBuffer) > 0);
      bench.run(stream.stop());
      assertThat(bench.on(stream::positionBuffer)).isEqualTo(bench.on(stream::linkPosition));
      bench.prepare(stream, StreamRoute.LINK);
      assertThat(bench.on(stream::positionBuffer)).isZero();
    }
  }
}
