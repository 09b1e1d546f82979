package dev.vflux.hda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vflux.emulated.BoardSettings;
import dev.vflux.emulated.EmulatedDevices;
import dev.vflux.hda.StreamBench.Counter;
import dev.vflux.testing.Await;
import dev.vflux.testing.LeakCheck;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** One stream on the model: what it is told, in which order, and what it reports. */
@ExtendWith(LeakCheck.class)
class HdaStreamTest {

  private static StreamBench cml() {
    return new StreamBench(EmulatedDevices.open("cml", BoardSettings.defaults()));
  }

  @Test
  void aCoupledStreamReportsItsPeriods() {
    try (StreamBench bench = cml()) {
      HdaStream stream = bench.prepared(StreamDirection.PLAYBACK, StreamRoute.LINK);
      Counter counter = new Counter();
      bench.onLoop(() -> stream.listen(counter));
      bench.run(stream.start());
      Await.until("six periods", () -> counter.completed.get() >= 6);
      int position = bench.on(stream::linkPosition);
      bench.run(stream.stop());
      int seen = counter.completed.get();
      assertThat(position).isBetween(0, StreamBench.RING - 1);
      assertThat(position % 4).isZero();
      assertThat(bench.bar0.read32(0x20) & 1 << stream.index()).isZero();
      assertThat(bench.on(stream::status)).isZero();
      List<ServedInterrupt> told =
          bench.bench.interrupts.stream().filter(i -> i.completed() != 0).toList();
      assertThat(told).hasSize(seen).allMatch(i -> i.completed() == stream.bit());
    }
  }
}
