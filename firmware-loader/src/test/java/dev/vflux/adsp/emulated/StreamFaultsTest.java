package dev.vflux.adsp.emulated;

import static dev.vflux.adsp.emulated.Ipc3Host.ok;
import static org.assertj.core.api.Assertions.assertThat;

import dev.vflux.testing.LeakCheck;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.scheduler.Schedulers;

/** What goes wrong with the verbs and the streams, as a driver without a DSP sees it. */
@ExtendWith(LeakCheck.class)
class StreamFaultsTest {

  private static final int S16_48 = 0x0011;
  private static final int BYTES = 1920;
  private static final int PERIOD = BYTES / 2;
  private static final int FRAME = 4;
  private static final int BCIS = 0x04;
  private static final int FIFOE = 0x08;
  private static final int DESE = 0x10;
  private static final int TAG = 3;
  private static final int VENDOR_ID = 0x000f0000;

  private final DaiTap tap = DaiTap.open("stream-faults", Schedulers.immediate());
  private final ByteArrayOutputStream heard = new ByteArrayOutputStream();

  @AfterEach
  void close() {
    tap.close();
  }

  private BareDriver open(String plan) {
    tap.played()
        .subscribe(
            chunk -> {
              byte[] bytes = new byte[chunk.bytes().remaining()];
              chunk.bytes().get(bytes);
              heard.writeBytes(bytes);
            });
    String ends = "tap:stream-faults";
    return BareDriver.open("cml", Map.of("fault", plan, "dai-out", ends, "dai-in", ends)).probe();
  }

  private static void prepare(AudioBench bench, boolean playback) {
    bench.driver.bar0.update32(BareDriver.INTCTL, 0x3fff_ffff, 0xffff);
    bench.program(playback, TAG, S16_48, false);
    if (playback) {
      for (int i = 0; i < BYTES / FRAME; i++) {
        bench.buffer.words().write32((long) FRAME * i, i);
      }
      bench.dac(TAG, S16_48);
    } else {
      bench.adc(TAG, S16_48);
    }
    bench.driver.irq.drain();
  }

  private static boolean running(AudioBench bench, boolean playback) {
    int sd = 0x80 + 0x20 * AudioBench.index(playback, TAG);
    return (bench.driver.bar0.read8(sd) & 2) != 0;
  }

  private static long moved(AudioBench bench, boolean playback) {
    return bench.driver.bar0.read64(0x810 + 0x10 * AudioBench.index(playback, TAG));
  }

  private static int verb(BareDriver driver, int command) {
    driver.bar0.write16(0x68, 2);
    driver.bar0.write32(0x60, command);
    driver.bar0.write16(0x68, 1);
    boolean answered = driver.within(1, () -> (driver.bar0.read16(0x68) & 2) != 0);
    return answered ? driver.bar0.read32(0x64) : -1;
  }

  @Test
  void aSilentCodecHasReportedItselfAndAnswersNothing() {
    try (BareDriver driver = open("codec-silent@1")) {
      assertThat(verb(driver, VENDOR_ID)).isEqualTo(-1);
      assertThat(driver.bar0.read16(0x68) & 1).as("BUSY").isEqualTo(1);
      driver.bar0.write16(0x68, 0);
      driver.resetController();
      assertThat(verb(driver, VENDOR_ID)).as("after a reset").isEqualTo(0x76666c78);
    }
  }

  @ParameterizedTest
  @CsvSource({"verb-lost, 1", "verb-lost:3, 3"})
  void oneVerbIsLost(String plan, int lost) {
    try (BareDriver driver = open(plan)) {
      for (int reset = 0; reset < 2; reset++) {
        for (int verb = 1; verb <= 5; verb++) {
          assertThat(verb(driver, VENDOR_ID) != -1).as("verb %d", verb).isEqualTo(verb != lost);
          driver.bar0.write16(0x68, 0);
        }
        driver.resetController();
      }
    }
  }

  @Test
  void anOutputWhoseFifoRunsDryPausesForAMoment() {
    try (BareDriver driver = open("fifo-error");
        AudioBench bench = new AudioBench(driver, BYTES)) {
      prepare(bench, true);
      bench.run(true, TAG, true);
      driver.pass(5);
      assertThat(bench.status(true, TAG)).isEqualTo(BCIS);
      bench.acknowledge(true, TAG);
      driver.irq.drain();
      driver.pass(1);
      assertThat(bench.status(true, TAG)).isEqualTo(FIFOE);
      assertThat(driver.irq.drain()).isEqualTo(1);
      bench.acknowledge(true, TAG);
      driver.pass(14);
      assertThat(bench.status(true, TAG)).as("once").isEqualTo(BCIS);
      bench.run(true, TAG, false);
      assertThat(moved(bench, true)).as("all but one tick").isEqualTo((960 - 12) * FRAME);
      assertInOrder(948);
    }
  }

  private void assertInOrder(int frames) {
    ByteBuffer arrived = ByteBuffer.wrap(heard.toByteArray()).order(ByteOrder.LITTLE_ENDIAN);
    assertThat(arrived.remaining()).isEqualTo(frames * FRAME);
    for (int i = 0; arrived.hasRemaining(); i++) {
      assertThat(arrived.getInt()).isEqualTo(i % (BYTES / FRAME));
    }
  }

  @Test
  void aFifoErrorInterruptsOnlyWhereItIsEnabled() {
    try (BareDriver driver = open("fifo-error:1");
        AudioBench bench = new AudioBench(driver, BYTES)) {
      prepare(bench, true);
      driver.bar0.write8(0x80 + 0x20 * AudioBench.index(true, TAG), 0x16);
      driver.pass(2);
      assertThat(bench.status(true, TAG)).isEqualTo(FIFOE);
      assertThat(driver.irq.drain()).isZero();
    }
  }

  @Test
  void anInputWhoseFifoRunsOverLosesFrames() {
    int[] next = {0};
    tap.hear(
        1,
        (tag, format, frames) -> {
          while (frames.hasRemaining()) {
            frames.putInt(next[0]++);
          }
        });
    try (BareDriver driver = open("fifo-error:2");
        AudioBench bench = new AudioBench(driver, BYTES)) {
      prepare(bench, false);
      bench.run(false, TAG, true);
      driver.pass(9);
      bench.run(false, TAG, false);
      assertThat(bench.status(false, TAG) & FIFOE).isEqualTo(FIFOE);
      int frames = bench.position(false, TAG) / FRAME;
      assertThat(frames).isEqualTo(9 * 48 - 12);
      for (int i = 0; i < frames; i++) {
        int spoken = bench.buffer.words().read32((long) FRAME * i);
        assertThat(spoken).isEqualTo(i < PERIOD / FRAME ? i : i + 12);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aDescriptorThatCannotBeUsedEndsTheStream(boolean playback) {
    try (BareDriver driver = open("descriptor-error:3@1");
        AudioBench bench = new AudioBench(driver, BYTES)) {
      prepare(bench, playback);
      bench.run(playback, TAG, true);
      driver.pass(11);
      assertThat(bench.status(playback, TAG)).isEqualTo(BCIS | DESE);
      assertThat(running(bench, playback)).isFalse();
      assertThat(moved(bench, playback)).isEqualTo(2L * PERIOD);
      assertThat(driver.irq.drain()).isPositive();
      driver.pass(10);
      assertThat(moved(bench, playback)).isEqualTo(2L * PERIOD);
      bench.acknowledge(playback, TAG);
      bench.program(playback, TAG, S16_48, false);
      bench.run(playback, TAG, true);
      driver.pass(20);
      assertThat(bench.status(playback, TAG)).as("the second start").isEqualTo(BCIS);
      assertThat(running(bench, playback)).isTrue();
    }
  }

  @Test
  void aStreamThatIsStuckRunsAndDoesNotMove() {
    try (BareDriver driver = open("position-stuck:1@1");
        AudioBench bench = new AudioBench(driver, BYTES)) {
      prepare(bench, true);
      bench.run(true, TAG, true);
      driver.pass(6);
      assertThat(bench.status(true, TAG)).isEqualTo(BCIS);
      bench.acknowledge(true, TAG);
      driver.irq.drain();
      int position = bench.position(true, TAG);
      assertThat(position).isBetween(PERIOD, PERIOD + 12 * FRAME);
      driver.pass(1000);
      assertThat(bench.position(true, TAG)).isEqualTo(position);
      assertThat(moved(bench, true)).isEqualTo(position);
      assertThat(bench.status(true, TAG)).isZero();
      assertThat(running(bench, true)).isTrue();
      assertThat(driver.irq.drain()).isZero();
      assertThat(heard.size()).isEqualTo(position);
      bench.run(true, TAG, false);
      bench.program(true, TAG, S16_48, false);
      bench.run(true, TAG, true);
      driver.pass(20);
      assertThat(moved(bench, true)).as("after a reset").isGreaterThan(2L * PERIOD);
    }
  }

  @ParameterizedTest
  @CsvSource({"unplugged, 20", "unplugged:7, 7"})
  void anUnpluggedDeviceIsGone(String plan, long millis) {
    try (BareDriver driver = open(plan);
        AudioBench bench = new AudioBench(driver, BYTES)) {
      prepare(bench, true);
      driver.pass(100);
      assertThat(driver.bar0.read16(0)).isEqualTo(0x9701);
      bench.run(true, TAG, true);
      driver.pass(millis);
      assertThat(driver.bar0.read16(0)).isEqualTo(0x9701);
      driver.pass(1);
      assertThat(driver.bar0.read32(0)).isEqualTo(-1);
      assertThat(driver.config.read32(0)).isEqualTo(-1);
    }
  }

  @Test
  void aRunThatIsStuckIsClearedByTheStreamsResetAlone() {
    try (BareDriver driver = open("run-stuck@1");
        AudioBench bench = new AudioBench(driver, BYTES)) {
      prepare(bench, true);
      bench.run(true, TAG, true);
      driver.pass(2);
      bench.run(true, TAG, false);
      assertThat(running(bench, true)).isTrue();
      long before = moved(bench, true);
      driver.pass(2);
      assertThat(moved(bench, true)).as("it goes on").isGreaterThan(before);
      bench.program(true, TAG, S16_48, false);
      assertThat(running(bench, true)).isFalse();
      bench.run(true, TAG, true);
      driver.pass(2);
      bench.run(true, TAG, false);
      assertThat(running(bench, true)).as("the second start").isFalse();
    }
  }

  @Test
  void anImageIsNoSound() {
    String plan = "unplugged:0,descriptor-error:1,fifo-error:1,position-stuck:1,run-stuck";
    try (BareDriver driver = open(plan)) {
      driver.boot(Images.cml());
      driver.pass(100);
      assertThat(driver.bar0.read16(0)).isEqualTo(0x9701);
    }
  }

  @Test
  void throughTheDspTheyAreTheSame() {
    try (Ipc3Host host = Ipc3Host.boot(BareDriver.open("cml", Map.of("fault", "fifo-error:2@1")));
        AudioBench bench = new AudioBench(host.driver, 1920 * 2)) {
      host.playbackPipeline();
      bench.program(true, 1, 0x0041, true);
      bench.programLink(true, 1, 0x0031);
      ok(host.daiConfig(0, 0x11, 0));
      ok(host.params(1, 0, 1, Ipc3Host.S32, 1920 * 2));
      bench.runLink(true, 1, true);
      bench.run(true, 1, true);
      ok(host.start(1));
      host.driver.pass(3);
      assertThat(bench.status(true, 1) & FIFOE).isZero();
      host.driver.pass(3);
      assertThat(bench.status(true, 1) & FIFOE).isEqualTo(FIFOE);
      bench.acknowledge(true, 1);
      host.driver.pass(50);
      assertThat(bench.status(true, 1)).isEqualTo(BCIS);
      ok(host.stop(1));
    }
  }
}
