package dev.vflux.hda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vflux.hda.StreamBench.Counter;
import dev.vflux.testing.Await;
import dev.vflux.testing.Guest;
import dev.vflux.testing.GuestTest;
import dev.vflux.testing.LeakCheck;
import dev.vflux.vfio.Devices;
import dev.vflux.vfio.IrqIndex;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A stream of QEMU's ich9-intel-hda to its hda-output codec, through the real kernel's VFIO. */
@GuestTest
@ExtendWith(LeakCheck.class)
class GuestStreamTest {

  private static final int ENOUGH = 2 * StreamBench.PERIODS + 1;

  // node 2 is the DAC: QEMU hw/audio/hda-codec-common.h
  private static void listen(StreamBench bench, int tag) {
    bench.bench.commands.start().block(HdaBench.LIMIT);
    int unusedFormat = bench.bench.ask(HdaVerb.of4(0, 2, 0x2, StreamBench.S16_48.word()));
    int unusedTag = bench.bench.ask(HdaVerb.of12(0, 2, 0x706, tag << 4));
  }

  @Test
  void silenceIsPlayedPeriodByPeriod() {
    try (StreamBench bench = new StreamBench(Devices.open("vfio:" + Guest.hda()))) {
      HdaStream stream = bench.prepared(StreamDirection.PLAYBACK, StreamRoute.LINK);
      assertThat(stream.index()).as("after four captures").isEqualTo(4);
      listen(bench, stream.tag());
      Counter counter = new Counter();
      Set<Integer> positions = new TreeSet<>();
      bench.onLoop(() -> stream.listen(counter));
      long clock = bench.on(bench.hda::wallClock);
      bench.run(stream.start());
      Await.until(
          "two times round",
          () -> {
            positions.add(bench.on(stream::position));
            return counter.completed.get() >= ENOUGH;
          });
      long ticks = (bench.on(bench.hda::wallClock) - clock) & 0xffff_ffffL;
      bench.run(stream.stop());
      int seen = counter.completed.get();

      assertThat(positions).as("it moves").hasSizeGreaterThan(1);
      assertThat(positions).allMatch(at -> at >= 0 && at < StreamBench.RING);
      // QEMU takes at most its 8 KiB ring at once, 43 ms; 10 ms are 240000 ticks
      assertThat(ticks).as("it is paced").isGreaterThan((ENOUGH - 5) * 240_000L);
      List<ServedInterrupt> told =
          bench.bench.interrupts.stream().filter(i -> i.completed() != 0).toList();
      // served late, one interrupt finds a second period that has ended meanwhile
      assertThat(told).hasSizeBetween(1, seen).allMatch(i -> i.completed() == stream.bit());
      assertThat(told).extracting(ServedInterrupt::index).containsOnly(IrqIndex.MSI);
      assertThat(counter.starved).hasValue(0);
      assertThat(counter.failed).hasValue(0);

      int at = bench.bar0.read32(StreamBench.sd(stream, 0x4));
      assertThat(bench.on(stream::status)).as("quiet").isZero();
      assertThat(bench.bar0.read8(StreamBench.sd(stream, 0)) & 0x1e).isZero();
      int unusedAnswer = bench.bench.ask(HdaVerb.getParameter(0, 0, 0));
      assertThat(bench.bar0.read32(StreamBench.sd(stream, 0x4))).isEqualTo(at);
      assertThat(counter.completed).hasValue(seen);
    }
  }

  @Test
  void aStreamIsPreparedAndStartedAgain() {
    try (StreamBench bench = new StreamBench(Devices.open("vfio:" + Guest.hda()))) {
      HdaStream stream = bench.open(StreamDirection.PLAYBACK);
      listen(bench, stream.tag());
      for (int round = 1; round <= 3; round++) {
        Counter counter = new Counter();
        bench.prepare(stream, StreamRoute.LINK);
        bench.onLoop(() -> stream.listen(counter));
        bench.run(bench.hda.startTogether(List.of(stream)));
        Await.until("three periods", () -> counter.completed.get() >= 3);
        bench.run(bench.hda.stopTogether(List.of(stream)));
      }
      bench.onLoop(stream::close);
      assertThat(bench.open(StreamDirection.PLAYBACK)).isSameAs(stream);
    }
  }
}
