package dev.vflux.adsp.emulated;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vflux.testing.LeakCheck;
import dev.vflux.vfio.DmaBuffer;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.scheduler.Schedulers;

/** Coupled streams to the frame: rates, periods, positions, common starts, pauses. */
@ExtendWith(LeakCheck.class)
class StreamTimeTest {

  private static final int S16_48 = 0x0011;
  private static final int FRAME = 4;
  private static final int FRAMES = 960;
  private static final int BYTES = FRAMES * FRAME;
  private static final int SSYNC = 0x38;
  private static final long SECOND = 1_000_000_000;

  private final DaiTap tap = DaiTap.open("stream-time", Schedulers.immediate());
  private final BareDriver driver =
      BareDriver.open(
              "cml",
              Map.of("converters", "4", "dai-out", "tap:stream-time", "dai-in", "tap:stream-time"))
          .probe();
  private final List<AudioBench> benches = new ArrayList<>();

  @AfterEach
  void close() {
    benches.forEach(AudioBench::close);
    driver.close();
    tap.close();
  }

  /** What one DAC has heard: frames of one buffer in their order. */
  private static final class Heard {
    private long frames;
    private long strays;

    void take(DaiChunk chunk) {
      ByteBuffer bytes = chunk.bytes();
      while (bytes.hasRemaining()) {
        strays += bytes.getInt() == frames % FRAMES ? 0 : 1;
        frames++;
      }
    }
  }

  private Heard hear(int dac) {
    Heard heard = new Heard();
    tap.played(dac).subscribe(heard::take);
    return heard;
  }

  /** Programs a stream of frames of four bytes; the tag is the number of its converter. */
  private AudioBench stream(boolean playback, int tag, int format) {
    AudioBench bench = new AudioBench(driver, BYTES);
    benches.add(bench);
    bench.program(playback, tag, format, false);
    if (playback) {
      for (int i = 0; i < FRAMES; i++) {
        bench.buffer.words().write32((long) FRAME * i, i);
      }
      bench.dac(tag, tag, format);
    } else {
      bench.adc(tag, tag, format);
    }
    return bench;
  }

  private long linear(boolean playback, int tag) {
    int at = 0x810 + 0x10 * AudioBench.index(playback, tag);
    assertThat(driver.bar0.read64(at + 8)).as("LDP and LLP").isEqualTo(driver.bar0.read64(at));
    return driver.bar0.read64(at);
  }

  private void pass(long nanos) {
    driver.clock.advance(Duration.ofNanos(nanos));
  }

  @Test
  void eightStreamsHaveTheirFramesAfterAMinute() {
    int[] formats = {S16_48, 0x4011, 0x0811, 0x1811};
    long[] rates = {48_000, 44_100, 96_000, 192_000};
    List<Heard> heard = new ArrayList<>();
    long[] spoken = new long[5];
    for (int tag = 1; tag <= 4; tag++) {
      heard.add(hear(tag));
      int adc = tag;
      tap.hear(
          adc,
          (unusedTag, format, frames) -> {
            spoken[adc] += frames.remaining() / FRAME;
            frames.position(frames.limit());
          });
      stream(true, tag, formats[tag - 1]);
      stream(false, tag, formats[4 - tag]);
    }
    for (int tag = 1; tag <= 4; tag++) {
      benches.get(0).run(true, tag, true);
      benches.get(0).run(false, tag, true);
    }
    pass(60 * SECOND);
    for (int tag = 1; tag <= 4; tag++) {
      benches.get(0).run(true, tag, false);
      benches.get(0).run(false, tag, false);
      assertThat(heard.get(tag - 1).frames).isEqualTo(60 * rates[tag - 1]);
      assertThat(heard.get(tag - 1).strays).isZero();
      assertThat(spoken[tag]).isEqualTo(60 * rates[4 - tag]);
      assertThat(linear(true, tag)).isEqualTo(60 * rates[tag - 1] * FRAME);
      assertThat(linear(false, tag)).isEqualTo(60 * rates[4 - tag] * FRAME);
    }
  }

  @ParameterizedTest
  @CsvSource({"0x0011, 48000, true", "0x4011, 44100, true", "0x1811, 192000, false"})
  void eachPeriodEndsOnceAndAllPositionsAreBeyondIt(String word, int rate, boolean playback) {
    try (DmaBuffer positions = driver.device.dma().allocate("positions", 4096)) {
      driver.bar0.write32(0x74, (int) (positions.iova() >>> 32));
      driver.bar0.write32(0x70, (int) positions.iova() | 1);
      AudioBench bench = stream(playback, 1, Integer.decode(word));
      int period = BYTES / AudioBench.PERIODS;
      int index = AudioBench.index(playback, 1);
      long tick = FRAME * (rate / 4000 + 1L);
      bench.run(playback, 1, true);
      long periods = 0;
      for (int step = 0; step < 100_000; step++) {
        pass(50_000);
        if (bench.status(playback, 1) != 0) {
          periods++;
          bench.acknowledge(playback, 1);
          long linear = linear(playback, 1);
          assertThat(linear).isBetween(periods * period, periods * period + tick);
          int position = bench.position(playback, 1);
          assertThat(position).isEqualTo((int) (linear % BYTES));
          assertThat(driver.bar0.read32(0x84 + 0x20 * index)).as("LPIB").isEqualTo(position);
          assertThat(positions.words().read32(8L * index)).isEqualTo(position);
        }
      }
      assertThat(periods).isEqualTo(5L * rate * FRAME / period);
      bench.run(playback, 1, false);
      driver.bar0.write32(0x70, 0);
    }
  }

  @Test
  void theWallClockCounts24MillionASecondAndWraps() {
    long start = Integer.toUnsignedLong(driver.bar0.read32(0x30));
    pass(7 * SECOND + 125);
    assertThat(Integer.toUnsignedLong(driver.bar0.read32(0x30)) - start).isEqualTo(168_000_003);
    pass(193 * SECOND);
    long later = start + 200 * 24_000_000L + 3;
    assertThat(Integer.toUnsignedLong(driver.bar0.read32(0x30))).isEqualTo(later & 0xffff_ffffL);
  }

  @Test
  void ssyncHoldsAndReleasesStreamsAtTheSameFrame() {
    int all = 0;
    List<Heard> heard = new ArrayList<>();
    for (int tag = 1; tag <= 4; tag++) {
      heard.add(hear(tag));
      stream(true, tag, S16_48);
      stream(false, tag, S16_48);
      all |= 1 << AudioBench.index(true, tag) | 1 << AudioBench.index(false, tag);
    }
    driver.bar0.write32(SSYNC, all);
    for (int tag = 1; tag <= 4; tag++) {
      benches.get(0).run(true, tag, true);
      pass(777_777);
      benches.get(0).run(false, tag, true);
    }
    long expected = 0;
    for (long held : new long[] {1, 20_833, 123_456_789, 2_000_000_001L}) {
      pass(held);
      assertAllAt(expected);
      driver.bar0.write32(SSYNC, 0);
      long runs = 3 * held + 1_234_567;
      pass(runs);
      driver.bar0.write32(SSYNC, all);
      expected += runs / SECOND * 48_000 + runs % SECOND * 48_000 / SECOND;
      assertAllAt(expected);
    }
    for (Heard each : heard) {
      assertThat(each.frames).isEqualTo(expected);
      assertThat(each.strays).isZero();
    }
  }

  private void assertAllAt(long frames) {
    for (int tag = 1; tag <= 4; tag++) {
      assertThat(linear(true, tag)).isEqualTo(frames * FRAME);
      assertThat(linear(false, tag)).isEqualTo(frames * FRAME);
    }
  }

  @Test
  void oneOfSeveralCanBeHeldAlone() {
    stream(true, 1, S16_48);
    stream(true, 2, S16_48);
    benches.get(0).run(true, 1, true);
    benches.get(0).run(true, 2, true);
    pass(SECOND);
    driver.bar0.write32(SSYNC, 1 << AudioBench.index(true, 1));
    pass(SECOND);
    driver.bar0.write32(SSYNC, 0);
    pass(SECOND);
    benches.get(0).run(true, 1, false);
    benches.get(0).run(true, 2, false);
    assertThat(linear(true, 1)).isEqualTo(2 * 48_000 * FRAME);
    assertThat(linear(true, 2)).isEqualTo(3 * 48_000 * FRAME);
  }

  @Test
  void aPauseKeepsThePlaceToTheFrame() {
    Heard heard = hear(1);
    AudioBench bench = stream(true, 1, S16_48);
    long expected = 0;
    for (long runs : new long[] {10_000_000, 123_457, 1, 7_000_007, 333_333_333}) {
      bench.run(true, 1, true);
      pass(runs);
      bench.run(true, 1, false);
      expected += runs * 48_000 / SECOND;
      assertThat(linear(true, 1)).isEqualTo(expected * FRAME);
      assertThat(bench.position(true, 1)).isEqualTo((int) (expected * FRAME % BYTES));
      pass(50_000_001);
      assertThat(linear(true, 1)).isEqualTo(expected * FRAME);
    }
    assertThat(heard.frames).isEqualTo(expected);
    assertThat(heard.strays).isZero();
  }

  @Test
  void aPauseOfAnInputLosesNothingOfASupplier() {
    int[] next = {0};
    tap.hear(
        1,
        (tag, format, frames) -> {
          while (frames.hasRemaining()) {
            frames.putInt(next[0]++);
          }
        });
    AudioBench bench = stream(false, 1, S16_48);
    for (int i = 0; i < 3; i++) {
      bench.run(false, 1, true);
      pass(5_100_000);
      bench.run(false, 1, false);
      pass(5_100_000);
    }
    assertThat(bench.position(false, 1)).isEqualTo(next[0] * FRAME);
    for (int i = 0; i < next[0]; i++) {
      assertThat(bench.buffer.words().read32((long) FRAME * i)).isEqualTo(i);
    }
  }

  @Test
  void aPatternGoesOnAfterAPauseAndBeginsAnewAfterAReset() {
    tap.repeat(1, ByteBuffer.wrap(new byte[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}));
    AudioBench bench = stream(false, 1, S16_48);
    bench.run(false, 1, true);
    pass(1_020_834);
    bench.run(false, 1, false);
    assertThat(bench.position(false, 1)).isEqualTo(49 * FRAME);
    bench.run(false, 1, true);
    pass(1_000_000);
    bench.run(false, 1, false);
    assertThat(bench.buffer.words().read32(49L * FRAME)).isEqualTo(0x08070605);
    bench.program(false, 1, S16_48, false);
    bench.run(false, 1, true);
    pass(1_000_000);
    assertThat(bench.buffer.words().read32(0)).isEqualTo(0x04030201);
  }

  @Test
  void aResetForgetsThePlace() {
    AudioBench bench = stream(true, 1, S16_48);
    bench.run(true, 1, true);
    pass(7_000_000);
    driver.bar0.write8(0x80 + 0x20 * AudioBench.index(true, 1), 1);
    assertThat(bench.position(true, 1)).isZero();
    assertThat(linear(true, 1)).isZero();
    pass(7_000_000);
    assertThat(linear(true, 1)).isZero();
    bench.program(true, 1, S16_48, false);
    bench.run(true, 1, true);
    pass(1_000_000);
    bench.run(true, 1, false);
    assertThat(linear(true, 1)).isEqualTo(48 * FRAME);
  }

  @Test
  void spibStopsAStreamToTheByteAndLetsItGoOn() {
    Heard heard = hear(1);
    AudioBench bench = stream(true, 1, S16_48);
    int index = AudioBench.index(true, 1);
    driver.bar0.update32(BareDriver.SPBFCCTL, 1 << index, 1 << index);
    driver.bar0.write32(0x708 + 8 * index, 100 * FRAME);
    bench.run(true, 1, true);
    pass(SECOND);
    assertThat(bench.position(true, 1)).isEqualTo(100 * FRAME);
    assertThat(bench.status(true, 1)).as("no period has ended").isZero();
    driver.bar0.write32(0x708 + 8 * index, BYTES);
    pass(SECOND);
    assertThat(linear(true, 1)).isEqualTo(BYTES);
    assertThat(bench.position(true, 1)).isZero();
    driver.bar0.write32(0x708 + 8 * index, 50 * FRAME);
    pass(SECOND);
    assertThat(linear(true, 1)).isEqualTo(BYTES + 50 * FRAME);
    assertThat(heard.frames).isEqualTo(FRAMES + 50);
    assertThat(heard.strays).isZero();
  }
}
