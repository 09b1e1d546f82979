package dev.vflux.adsp.emulated;

import static dev.vflux.adsp.emulated.Ipc3Host.ok;
import static org.assertj.core.api.Assertions.assertThat;

import dev.vflux.testing.LeakCheck;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import reactor.core.scheduler.Schedulers;

/**
 * Eight pipelines at once, each with its channel of the link DMA, its DAI and its converter: what
 * of one is not heard in another, over a minute.
 */
@ExtendWith(LeakCheck.class)
class DspStreamsTest {

  private static final int PAIRS = 4;
  private static final int FRAME = 8;
  private static final int FRAMES = 960;
  private static final int BYTES = FRAMES * FRAME;
  private static final int LINK_24 = 0x0031;
  private static final int HOST_32 = 0x0041;
  private static final int BCIS = 4;

  private final DaiTap tap = DaiTap.open("dsp-streams", Schedulers.immediate());
  private final Ipc3Host host =
      Ipc3Host.boot(
          BareDriver.open(
              "cml",
              Map.of(
                  "converters", "4", "dai-out", "tap:dsp-streams", "dai-in", "tap:dsp-streams")));
  private final List<AudioBench> outputs = new ArrayList<>();
  private final List<AudioBench> inputs = new ArrayList<>();
  private final List<Heard> heard = new ArrayList<>();

  /** Frames in the order of the buffer of one stream: its number, and the frame's. */
  private static final class Heard {
    private final int number;
    private long frames;
    private long silent;
    private long strays;

    Heard(int number) {
      this.number = number;
    }

    void take(DaiChunk chunk) {
      ByteBuffer bytes = chunk.bytes();
      while (bytes.hasRemaining()) {
        int left = bytes.getInt();
        int right = bytes.getInt();
        if (left == 0 && right == 0 && frames == 0) {
          silent++;
        } else {
          int frame = (int) (frames % FRAMES) + 1;
          strays += left == frame << 8 && right == number << 24 ? 0 : 1;
          frames++;
        }
      }
    }
  }

  /** Base of the ids, DAI and tag go with the number from 1; captures come after the playbacks. */
  private void prepare(int number, boolean playback) {
    AudioBench bench = new AudioBench(host.driver, BYTES);
    (playback ? outputs : inputs).add(bench);
    int direction = playback ? 0 : 1;
    int place = playback ? number : PAIRS + number;
    host.chain(10 * place, place, direction, place - 1);
    bench.program(playback, number, HOST_32, true);
    bench.programLink(playback, number, LINK_24);
    if (playback) {
      Heard each = new Heard(number);
      heard.add(each);
      tap.played(number).subscribe(each::take);
      for (int i = 0; i < FRAMES; i++) {
        bench.buffer.words().write32((long) FRAME * i, (i + 1) << 8);
        bench.buffer.words().write32((long) FRAME * i + 4, number << 24);
      }
      bench.dac(number, number, LINK_24);
    } else {
      int[] next = {0};
      tap.hear(
          number,
          (tag, format, frames) -> {
            while (frames.hasRemaining()) {
              next[0] = next[0] % 1_000_000 + 1;
              frames.putInt(next[0] << 8).putInt(tag << 24);
            }
          });
      bench.adc(number, number, LINK_24);
    }
    ok(host.daiConfig(place - 1, 0x11, number - 1));
    ok(host.params(10 * place + 1, direction, number, Ipc3Host.S32, BYTES));
  }

  private void start(int number, boolean playback) {
    AudioBench bench = (playback ? outputs : inputs).get(number - 1);
    bench.runLink(playback, number, true);
    bench.run(playback, number, true);
    ok(host.start(10 * (playback ? number : PAIRS + number) + 1));
  }

  private void startAll() {
    for (int number = 1; number <= PAIRS; number++) {
      prepare(number, true);
      prepare(number, false);
    }
    for (int number = 1; number <= PAIRS; number++) {
      start(number, true);
      start(number, false);
    }
  }

  @AfterEach
  void close() {
    outputs.forEach(AudioBench::close);
    inputs.forEach(AudioBench::close);
    host.close();
    tap.close();
  }

  private long hostBytes(boolean playback, int number) {
    return host.driver.bar0.read64(0x810 + 0x10 * AudioBench.index(playback, number) + 8);
  }

  private void assertCaptured(int number) {
    AudioBench bench = inputs.get(number - 1);
    ByteBuffer bytes = bench.buffer.view(0, BYTES).order(ByteOrder.LITTLE_ENDIAN);
    int oldest = bench.position(false, number);
    int previous = 0;
    for (int i = 0; i < FRAMES; i++) {
      int at = (oldest + i * FRAME) % BYTES;
      int frame = bytes.getInt(at) >>> 8;
      assertThat(bytes.getInt(at + 4)).isEqualTo(number << 24);
      if (i > 0) {
        assertThat(frame).isEqualTo(previous % 1_000_000 + 1);
      }
      previous = frame;
    }
  }

  @Test
  void eightPipelinesKeepTheirSamplesApartAndTheirRatesForAMinute() {
    startAll();
    host.driver.pass(50);
    long[] before = new long[2 * PAIRS];
    long[] linkBefore = new long[2 * PAIRS];
    for (int i = 0; i < 2 * PAIRS; i++) {
      before[i] = hostBytes(i < PAIRS, i % PAIRS + 1);
      linkBefore[i] = outputs.get(0).linkBytes(i < PAIRS, i % PAIRS + 1);
    }
    host.driver.clock.advance(Duration.ofSeconds(60));
    for (int i = 0; i < 2 * PAIRS; i++) {
      int number = i % PAIRS + 1;
      assertThat(hostBytes(i < PAIRS, number) - before[i]).isEqualTo(2_880_000L * FRAME);
      assertThat(outputs.get(0).linkBytes(i < PAIRS, number) - linkBefore[i])
          .isEqualTo(2_880_000L * FRAME);
    }
    for (Heard each : heard) {
      assertThat(each.strays).isZero();
      assertThat((each.frames + each.silent) * FRAME)
          .isEqualTo(outputs.get(0).linkBytes(true, each.number));
      assertThat(each.silent).as("before the first sample").isLessThan(48 * 5);
      assertThat(each.frames).isGreaterThan(2_880_000);
    }
    for (int number = 1; number <= PAIRS; number++) {
      assertCaptured(number);
    }
  }

  @Test
  void eachPeriodInterruptsOnceWithPositionsThatAgree() {
    startAll();
    long[] periods = new long[2 * PAIRS];
    for (int step = 0; step < 5000; step++) {
      host.driver.pass(1);
      for (int i = 0; i < 2 * PAIRS; i++) {
        boolean playback = i < PAIRS;
        int number = i % PAIRS + 1;
        if ((outputs.get(0).status(playback, number) & BCIS) == 0) {
          continue;
        }
        periods[i]++;
        outputs.get(0).acknowledge(playback, number);
        long moved = hostBytes(playback, number);
        long link = outputs.get(0).linkBytes(playback, number);
        assertThat(moved).isBetween(periods[i] * BYTES / 2, periods[i] * BYTES / 2 + 96 * FRAME);
        assertThat(outputs.get(0).position(playback, number)).isEqualTo((int) (moved % BYTES));
        assertThat(playback ? moved - link : link - moved).as("delay").isBetween(0L, 480L * FRAME);
      }
    }
    for (int i = 0; i < 2 * PAIRS; i++) {
      long all = hostBytes(i < PAIRS, i % PAIRS + 1);
      assertThat(periods[i]).isEqualTo(all / (BYTES / 2)).isBetween(499L, 500L);
    }
  }

  @Test
  void oneOfThemCanStopAndBeginAgainWhileTheOthersGoOn() {
    startAll();
    host.driver.pass(100);
    ok(host.stop(11));
    outputs.get(0).run(true, 1, false);
    outputs.get(0).runLink(true, 1, false);
    ok(host.free(11));
    long link = outputs.get(0).linkBytes(true, 1);
    host.driver.pass(100);
    assertThat(outputs.get(0).linkBytes(true, 1)).isEqualTo(link);
    heard.get(0).frames = 0;
    outputs.get(0).program(true, 1, HOST_32, true);
    outputs.get(0).programLink(true, 1, LINK_24);
    ok(host.daiConfig(0, 0x11, 0));
    ok(host.params(11, 0, 1, Ipc3Host.S32, BYTES));
    start(1, true);
    host.driver.pass(100);
    for (Heard each : heard) {
      assertThat(each.strays).isZero();
      assertThat(each.frames).isGreaterThan(48L * (each.number == 1 ? 90 : 280));
    }
  }

  @Test
  void aChannelOfTheLinkIsOfOnePipelineAlone() {
    prepare(1, true);
    host.chain(20, 2, 0, 1);
    ok(host.daiConfig(1, 0x11, 0));
    assertThat(host.params(21, 0, 2, Ipc3Host.S32, BYTES)).as("EIO").isEqualTo(-5);
    ok(host.daiConfig(1, 0x11, 1));
    ok(host.params(21, 0, 2, Ipc3Host.S32, BYTES));
  }
}
