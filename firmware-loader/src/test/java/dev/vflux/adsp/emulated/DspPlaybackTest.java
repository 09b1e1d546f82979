package dev.vflux.adsp.emulated;

import static dev.vflux.adsp.emulated.Ipc3Host.ok;
import static org.assertj.core.api.Assertions.assertThat;

import dev.vflux.testing.LeakCheck;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** From host memory through the DSP and the link to the DAC, sample by sample. */
@ExtendWith(LeakCheck.class)
class DspPlaybackTest {

  private static final int FRAMES = 960;
  private static final int BYTES = FRAMES * 8;
  private static final int LINK_24 = 0x0031;
  private static final int HOST_32 = 0x0041;
  private static final int TAG = 1;

  private final Path heard;
  private final Ipc3Host host;
  private final AudioBench bench;

  DspPlaybackTest(@TempDir Path folder) {
    heard = folder.resolve("heard.wav");
    host = Ipc3Host.boot(BareDriver.open("cml", Map.of("dai-out", heard.toString())));
    bench = new AudioBench(host.driver, BYTES);
  }

  @AfterEach
  void close() {
    bench.close();
    host.close();
  }

  private void prepare(int linkFormat) {
    host.playbackPipeline();
    bench.program(true, TAG, HOST_32, true);
    bench.programLink(true, TAG, linkFormat);
    bench.dac(TAG, linkFormat);
    ok(host.daiConfig(0, 0x11, 0));
    ok(host.params(1, 0, TAG, Ipc3Host.S32, BYTES));
  }

  private void start() {
    bench.runLink(true, TAG, true);
    bench.run(true, TAG, true);
    ok(host.start(1));
  }

  private void stop() {
    ok(host.stop(1));
    bench.run(true, TAG, false);
    bench.runLink(true, TAG, false);
  }

  @Test
  void everySampleArrivesAtTheDacAsItWas() throws Exception {
    int[] samples = AudioBench.ramp(FRAMES * 2);
    bench.fill(samples);
    prepare(LINK_24);
    start();
    host.driver.pass(100);
    stop();
    List<Integer> arrived = AudioBench.readWav(heard, 2, 32);
    assertThat(arrived.size() / 2).as("frames in 100 ms").isBetween(48 * 95, 48 * 100);
    for (int i = 0; i < arrived.size(); i++) {
      assertThat(arrived.get(i)).as("sample %d", i).isEqualTo(samples[i % samples.length]);
    }
  }

  @Test
  void theDmaKeepsTheRateOverTime() {
    prepare(LINK_24);
    start();
    host.driver.pass(20);
    long before = hostBytes();
    long linkBefore = bench.linkBytes(true, TAG);
    host.driver.clock.advance(Duration.ofSeconds(10));
    assertThat(hostBytes() - before).isEqualTo(480_000L * 8);
    assertThat(bench.linkBytes(true, TAG) - linkBefore).isEqualTo(480_000L * 8);
    assertThat(bench.position(true, TAG)).isEqualTo((int) (hostBytes() % BYTES));
    stop();
  }

  private long hostBytes() {
    return host.driver.bar0.read64(0x810 + 0x10 * AudioBench.index(true, TAG) + 8);
  }

  @Test
  void eachPeriodInterrupts() {
    prepare(LINK_24);
    start();
    int periods = 0;
    for (int i = 0; i < 100; i++) {
      host.driver.pass(1);
      if ((bench.status(true, TAG) & 4) != 0) {
        periods++;
        bench.acknowledge(true, TAG);
      }
    }
    // 10 ms each; the first is fetched 2 ms early
    assertThat(periods).isEqualTo(10);
    stop();
  }

  @Test
  void nothingMovesBeforeTheStartAndAfterTheStop() {
    prepare(LINK_24);
    bench.runLink(true, TAG, true);
    bench.run(true, TAG, true);
    host.driver.pass(50);
    assertThat(bench.position(true, TAG)).isZero();
    assertThat(bench.linkBytes(true, TAG)).isZero();
    ok(host.start(1));
    host.driver.pass(15);
    ok(host.stop(1));
    int position = bench.position(true, TAG);
    host.driver.pass(10);
    long link = bench.linkBytes(true, TAG);
    host.driver.pass(50);
    assertThat(bench.position(true, TAG)).isEqualTo(position);
    assertThat(bench.linkBytes(true, TAG)).isEqualTo(link);
  }

  @Test
  void aPauseKeepsItsPlace() throws Exception {
    int[] samples = AudioBench.ramp(FRAMES * 2);
    bench.fill(samples);
    prepare(LINK_24);
    start();
    host.driver.pass(12);
    ok(host.pause(1));
    bench.runLink(true, TAG, false);
    ok(host.daiConfig(0, 0x04, 0));
    host.driver.pass(500);
    bench.runLink(true, TAG, true);
    ok(host.release(1));
    host.driver.pass(12);
    stop();
    List<Integer> arrived = AudioBench.readWav(heard, 2, 32);
    assertThat(arrived.size() / 2).isBetween(48 * 18, 48 * 26);
    for (int i = 0; i < arrived.size(); i++) {
      assertThat(arrived.get(i)).as("sample %d", i).isEqualTo(samples[i % samples.length]);
    }
  }

  @Test
  void aVolumeMultiplies() throws Exception {
    bench.fill(AudioBench.ramp(FRAMES * 2));
    prepare(LINK_24);
    ByteBuffer half = Ipc3Host.message(108, 0x50010000).putInt(12, 3).putInt(56, 2);
    half.putInt(92, 0).putInt(96, 0x8000).putInt(100, 1).putInt(104, 0);
    ok(host.send(half));
    start();
    host.driver.pass(20);
    stop();
    List<Integer> arrived = AudioBench.readWav(heard, 2, 32);
    int[] samples = AudioBench.ramp(FRAMES * 2);
    for (int i = 0; i < arrived.size(); i++) {
      int sample = samples[i % samples.length];
      assertThat(arrived.get(i)).isEqualTo(i % 2 == 0 ? (sample + 1) >> 1 : 0);
    }
    assertThat(arrived).isNotEmpty();
  }

  @Test
  void sixteenBitsOfTheHostAreTheUpperHalfOnTheLink() throws Exception {
    host.playbackPipeline();
    for (int i = 0; i < BYTES / 2; i++) {
      bench.buffer.words().write16(2L * i, i + 1);
    }
    bench.program(true, TAG, 0x0011, true);
    bench.programLink(true, TAG, LINK_24);
    bench.dac(TAG, LINK_24);
    ok(host.daiConfig(0, 0x11, 0));
    ok(host.params(1, 0, TAG, Ipc3Host.S16, BYTES));
    start();
    host.driver.pass(30);
    stop();
    List<Integer> arrived = AudioBench.readWav(heard, 2, 32);
    assertThat(arrived).isNotEmpty();
    for (int i = 0; i < arrived.size(); i++) {
      assertThat(arrived.get(i)).isEqualTo((short) (i % (BYTES / 2) + 1) << 16);
    }
  }

  @Test
  void nobodyHearsAnotherTagAnotherFormatOrASleepingCodec() throws Exception {
    prepare(LINK_24);
    bench.dac(2, LINK_24);
    start();
    host.driver.pass(20);
    bench.dac(TAG, 0x0011);
    host.driver.pass(20);
    bench.verb(0x00170503);
    bench.verb(0x00220000 | LINK_24);
    host.driver.pass(20);
    host.driver.bar0.write16(0xc48, 0);
    bench.verb(0x00170500);
    host.driver.pass(20);
    stop();
    assertThat(Files.size(heard)).isZero();
    assertThat(bench.linkBytes(true, TAG)).isGreaterThan(48 * 70 * 8);
  }

  @Test
  void theStreamWaitsAtItsSpibAndTheLinkIsSilentMeanwhile() throws Exception {
    int[] samples = AudioBench.ramp(FRAMES * 2);
    bench.fill(samples);
    prepare(LINK_24);
    int bit = 1 << AudioBench.index(true, TAG);
    int spib = 0x708 + 8 * AudioBench.index(true, TAG);
    host.driver.bar0.update32(BareDriver.SPBFCCTL, bit, bit);
    host.driver.bar0.write32(spib, 480 * 8);
    start();
    host.driver.pass(50);
    assertThat(bench.position(true, TAG)).isEqualTo(480 * 8);
    host.driver.bar0.write32(spib, BYTES);
    host.driver.pass(30);
    stop();
    List<Integer> arrived = AudioBench.readWav(heard, 2, 32);
    assertThat(arrived.subList(0, 960)).containsExactly(boxed(samples, 0, 960));
    assertThat(arrived.subList(960, 960 + 96 * 20)).containsOnly(0);
    assertThat(arrived.stream().filter(sample -> sample != 0).skip(960))
        .containsExactly(boxed(samples, 960, 1920));
  }

  private static Integer[] boxed(int[] samples, int from, int to) {
    return Arrays.stream(samples, from, to).boxed().toArray(Integer[]::new);
  }

  @Test
  void thePositionIsWrittenAndToldOnlyWhenAskedFor() {
    prepare(LINK_24);
    start();
    host.driver.pass(20);
    assertThat(host.position(0, 28)).isZero();
    assertThat(host.driver.ready() & BareDriver.BUSY).isZero();
    stop();
    ok(host.free(1));
    ByteBuffer params = Ipc3Host.paramsMessage(1, 0, TAG, Ipc3Host.S32, BYTES);
    ok(host.send(params.putShort(84, (short) 0)));
    bench.program(true, TAG, HOST_32, true);
    start();
    assertThat(host.driver.within(50, () -> (host.driver.ready() & BareDriver.BUSY) != 0)).isTrue();
    assertThat(host.driver.ready()).isEqualTo(0xe00a0001);
    assertThat(host.driver.bar4.read32(BareDriver.UPLINK)).isEqualTo(76);
    assertThat(host.driver.bar4.read32(BareDriver.UPLINK + 4)).isEqualTo(0x600a0001);
    int told = host.driver.bar4.read32(BareDriver.UPLINK + 28);
    assertThat(told).isEqualTo(BYTES / 2);
    assertThat(host.position(0, 12)).isEqualTo(1);
    assertThat(host.position(0, 28)).isEqualTo(told);
    assertThat(host.position(0, 36)).as("at the DAI").isPositive();
    host.driver.acknowledge();
    host.driver.pass(5);
    assertThat(host.driver.ready() & BareDriver.BUSY).isZero();
    stop();
  }

  @Test
  void aRequestTellsThePosition() {
    prepare(LINK_24);
    start();
    host.driver.pass(7);
    ok(host.send(Ipc3Host.message(12, 0x600a0000).putInt(8, 1)));
    assertThat(host.position(0, 0)).isEqualTo(76);
    assertThat(host.position(0, 28)).isBetween(6 * 48 * 8, 8 * 48 * 8);
    stop();
  }

  @Test
  void bytesOfAHostThatVanishAreADescriptorError() {
    prepare(LINK_24);
    start();
    host.driver.pass(5);
    bench.buffer.close();
    host.driver.pass(5);
    assertThat(bench.status(true, TAG)).as("DESE").isEqualTo(0x10);
    host.driver.pass(50);
    ok(host.stop(1));
    ok(host.free(1));
  }

  @Test
  void coresWithoutPowerPlayNothing() {
    prepare(LINK_24);
    start();
    host.driver.pass(5);
    assertThat(host.driver.powerDown()).isTrue();
    int position = bench.position(true, TAG);
    host.driver.pass(50);
    assertThat(bench.position(true, TAG)).isEqualTo(position);
  }

  @Test
  void twoStreamsAreAddedInAMixer() throws Exception {
    try (AudioBench second = new AudioBench(host.driver, BYTES)) {
      ok(host.component(30, Ipc3Host.MIXER, 3));
      ok(host.buffer(31, 3, 768));
      ok(host.dai(32, 3, 0, 0, Ipc3Host.S32));
      ok(host.pipeline(33, 3, 32));
      ok(host.connect(30, 31));
      ok(host.connect(31, 32));
      for (int base = 10; base <= 20; base += 10) {
        ok(host.host(base + 1, base / 10, 0));
        ok(host.buffer(base + 2, base / 10, 768));
        ok(host.pipeline(base + 3, base / 10, 32));
        ok(host.connect(base + 1, base + 2));
        ok(host.connect(base + 2, 30));
        ok(host.complete(base + 3));
      }
      ok(host.complete(33));
      int[] one = new int[FRAMES * 2];
      Arrays.fill(one, 0x10000000);
      bench.fill(one);
      Arrays.fill(one, 0x02000000);
      second.fill(one);
      bench.program(true, TAG, HOST_32, true);
      second.program(true, 2, HOST_32, true);
      bench.programLink(true, TAG, LINK_24);
      bench.dac(TAG, LINK_24);
      ok(host.daiConfig(0, 0x11, 0));
      ok(host.params(11, 0, TAG, Ipc3Host.S32, BYTES));
      bench.runLink(true, TAG, true);
      bench.run(true, TAG, true);
      ok(host.start(11));
      host.driver.pass(10);
      ok(host.params(21, 0, 2, Ipc3Host.S32, BYTES));
      second.run(true, 2, true);
      ok(host.start(21));
      host.driver.pass(20);
      ok(host.stop(11));
      host.driver.pass(20);
      ok(host.stop(21));
      bench.runLink(true, TAG, false);
      List<Integer> arrived = AudioBench.readWav(heard, 2, 32);
      assertThat(arrived.stream().distinct().filter(sample -> sample != 0))
          .containsExactly(0x10000000, 0x12000000, 0x02000000);
      assertThat(arrived.stream().filter(sample -> sample == 0x12000000).count() / 2)
          .isBetween(48L * 15, 48L * 25);
    }
  }
}
