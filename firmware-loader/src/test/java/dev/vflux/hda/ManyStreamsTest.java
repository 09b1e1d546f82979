package dev.vflux.hda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.vflux.hda.HdaException.Reason;
import dev.vflux.hda.StreamBench.Counter;
import dev.vflux.testing.Await;
import dev.vflux.testing.LeakCheck;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** All streams of a controller, in any order. */
@ExtendWith(LeakCheck.class)
class ManyStreamsTest {

  private static final int CAPTURES = 7;
  private static final int PLAYBACKS = 9;
  private static final long EM2 = 0x1030;
  private static final int L1SEN = 0x2000;

  private final StreamBench bench = StreamBench.cml();
  private final List<HdaStream> streams = new ArrayList<>();
  private final List<Counter> counters = new ArrayList<>();

  private HdaStream start(StreamDirection direction) {
    HdaStream stream = bench.prepared(direction, StreamRoute.LINK);
    Counter counter = new Counter();
    bench.onLoop(() -> stream.listen(counter));
    streams.add(stream);
    counters.add(counter);
    bench.run(stream.start());
    return stream;
  }

  private void startAll() {
    for (int i = 0; i < PLAYBACKS; i++) {
      start(StreamDirection.PLAYBACK);
    }
    for (int i = 0; i < CAPTURES; i++) {
      start(StreamDirection.CAPTURE);
    }
  }

  private void goOn(List<Counter> which) {
    List<Integer> before = which.stream().map(counter -> counter.completed.get()).toList();
    for (int i = 0; i < which.size(); i++) {
      Counter counter = which.get(i);
      int wanted = before.get(i) + 2;
      Await.until("stream " + i + " goes on", () -> counter.completed.get() >= wanted);
    }
  }

  @Test
  void allRunAtOnceAndEachReportsItsOwn() {
    try (bench) {
      startAll();
      assertThat(streams).extracting(HdaStream::index).doesNotHaveDuplicates().hasSize(16);
      assertThat(streams.subList(0, PLAYBACKS)).extracting(HdaStream::tag).contains(1, 9);
      for (StreamDirection direction : StreamDirection.values()) {
        HdaException error = catchThrowableOfType(HdaException.class, () -> bench.open(direction));
        assertThat(error.reason()).isEqualTo(Reason.NO_STREAM);
        assertThat(error.operation()).contains(direction.name());
      }
      goOn(counters);
      assertThat(counters).allMatch(counter -> counter.failed.get() == 0);
    }
  }

  @Test
  void someCloseWhileOthersRun() {
    try (bench) {
      startAll();
      List<Counter> left = new ArrayList<>();
      List<Counter> ended = new ArrayList<>();
      List<Integer> free = new ArrayList<>();
      for (int i = 0; i < streams.size(); i++) {
        if (i % 3 == 0) {
          HdaStream stream = streams.get(i);
          bench.run(stream.stop());
          bench.onLoop(stream::close);
          ended.add(counters.get(i));
          free.add(stream.index());
        } else {
          left.add(counters.get(i));
        }
      }
      List<Integer> last = ended.stream().map(counter -> counter.completed.get()).toList();
      goOn(left);
      assertThat(ended.stream().map(counter -> counter.completed.get())).isEqualTo(last);
      List<Integer> again = new ArrayList<>();
      for (int ignored : free) {
        boolean playback = again.size() < 3;
        HdaStream stream = start(playback ? StreamDirection.PLAYBACK : StreamDirection.CAPTURE);
        again.add(stream.index());
      }
      assertThat(again).containsExactlyInAnyOrderElementsOf(free);
      goOn(counters.subList(16, counters.size()));
    }
  }

  @Test
  void capturesKeepDmiFromL1AndPlaybacksDoNot() {
    try (bench) {
      assertThat(bench.bar0.read32(EM2) & L1SEN).isEqualTo(L1SEN);
      HdaStream playback = bench.open(StreamDirection.PLAYBACK);
      assertThat(bench.bar0.read32(EM2) & L1SEN).isEqualTo(L1SEN);
      HdaStream first = bench.open(StreamDirection.CAPTURE);
      HdaStream second = bench.open(StreamDirection.CAPTURE);
      assertThat(bench.bar0.read32(EM2) & L1SEN).isZero();
      bench.onLoop(first::close);
      assertThat(bench.bar0.read32(EM2) & L1SEN).isZero();
      bench.onLoop(() -> bench.hda.gating(false));
      bench.onLoop(() -> bench.hda.gating(true));
      assertThat(bench.bar0.read32(EM2) & L1SEN).isZero();
      bench.onLoop(second::close);
      assertThat(bench.bar0.read32(EM2) & L1SEN).isEqualTo(L1SEN);
      bench.onLoop(playback::close);
      assertThat(bench.bar0.read32(EM2) & L1SEN).isEqualTo(L1SEN);
    }
  }

  @Test
  void shutDownStopsWhateverRunsSourcesFirst() {
    try (bench) {
      startAll();
      for (HdaStream stream : List.copyOf(streams)) {
        if (stream.index() == 14 || stream.index() == 5) {
          bench.run(stream.stop());
          bench.onLoop(stream::close);
          bench.prepare(bench.open(stream.direction()), StreamRoute.DSP);
          LinkStream link = bench.on(() -> bench.hda.openLink(stream.direction()));
          assertThat(link.index()).isEqualTo(stream.index());
          bench.run(link.prepare(StreamBench.S16_48));
          bench.run(link.start());
        }
      }
      bench.onLoop(() -> bench.hda.route(8, 0, true));
      HdaStream capture = bench.hda.streams().get(5);
      bench.run(capture.start());
      List<String> writes = bench.writes();
      bench.run(bench.hda.shutDown());
      bench.settle();
      for (HdaStream stream : bench.hda.streams()) {
        String ctl = Long.toHexString(StreamBench.sd(stream, 0));
        assertThat(writes).containsSubsequence(ctl + "=0", "8=100");
      }
      assertThat(writes)
          .as("playback: host, link; capture: link, host; then the controller")
          .containsSubsequence("240=0", "9f0=800000", "960=600000", "120=0", "20=0", "8=100");
      assertThat(writes).containsSubsequence("c48=0", "804=0", "8=100");
      assertThat(
              catchThrowableOfType(IllegalStateException.class, () -> bench.run(capture.start())))
          .hasMessageContaining("closed");
    }
  }

  @Test
  void aResetControllerKnowsNoStreamOfBefore() {
    try (bench) {
      startAll();
      bench.run(bench.hda.reset());
      assertThat(
              catchThrowableOfType(
                  IllegalStateException.class, () -> bench.run(streams.get(0).start())))
          .hasMessageContaining("reset");
      List<String> writes = bench.writes();
      bench.onLoop(streams.get(0)::close);
      bench.settle();
      assertThat(writes).isEmpty();
      assertThat(bench.open(StreamDirection.PLAYBACK).index()).isEqualTo(CAPTURES);
    }
  }
}
