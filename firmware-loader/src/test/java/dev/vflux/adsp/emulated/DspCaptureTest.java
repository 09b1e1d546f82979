package dev.vflux.adsp.emulated;

import static dev.vflux.adsp.emulated.Ipc3Host.ok;
import static org.assertj.core.api.Assertions.assertThat;

import dev.vflux.testing.LeakCheck;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** From the ADC over the link and through the DSP into host memory, sample by sample. */
@ExtendWith(LeakCheck.class)
class DspCaptureTest {

  private static final int FRAMES = 960;
  private static final int BYTES = FRAMES * 8;
  private static final int LINK_24 = 0x0031;
  private static final int TAG = 1;

  private final Path folder;

  DspCaptureTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private static void prepare(Ipc3Host host, AudioBench bench) {
    host.capturePipeline();
    bench.program(false, TAG, 0x0041, true);
    bench.programLink(false, TAG, LINK_24);
    bench.adc(TAG, LINK_24);
    ok(host.daiConfig(0, 0x11, 0));
    ok(host.params(1, 1, TAG, Ipc3Host.S32, BYTES));
  }

  private static void start(Ipc3Host host, AudioBench bench) {
    bench.run(false, TAG, true);
    ok(host.start(1));
    bench.runLink(false, TAG, true);
  }

  private static void stop(Ipc3Host host, AudioBench bench) {
    bench.runLink(false, TAG, false);
    ok(host.stop(1));
    bench.run(false, TAG, false);
  }

  @Test
  void everySampleArrivesInMemoryAsItWas() throws Exception {
    int[] samples = AudioBench.ramp(FRAMES * 2);
    Path file = folder.resolve("spoken.wav");
    AudioBench.writeWav(file, 2, 32, samples);
    try (Ipc3Host host = Ipc3Host.boot(BareDriver.open("cml", Map.of("dai-in", file.toString())));
        AudioBench bench = new AudioBench(host.driver, BYTES)) {
      prepare(host, bench);
      start(host, bench);
      host.driver.pass(15);
      int there = bench.position(false, TAG);
      assertThat(there / 8).as("frames in 15 ms").isBetween(48 * 12, 48 * 15);
      for (int i = 0; i < there / 4; i++) {
        assertThat(bench.buffer.words().read32(4L * i)).as("sample %d", i).isEqualTo(samples[i]);
      }
      stop(host, bench);
    }
  }

  @Test
  void theRateIsKeptOverTimeAndEachPeriodInterrupts() {
    try (Ipc3Host host = Ipc3Host.boot();
        AudioBench bench = new AudioBench(host.driver, BYTES)) {
      prepare(host, bench);
      start(host, bench);
      host.driver.pass(20);
      long before = bench.linkBytes(false, TAG);
      int position = bench.position(false, TAG);
      host.driver.clock.advance(Duration.ofSeconds(10));
      assertThat(bench.linkBytes(false, TAG) - before).isEqualTo(480_000L * 8);
      assertThat(bench.position(false, TAG)).isEqualTo(position);
      int periods = 0;
      for (int i = 0; i < 100; i++) {
        bench.acknowledge(false, TAG);
        host.driver.pass(1);
        periods += bench.status(false, TAG) >> 2;
      }
      assertThat(periods).isEqualTo(10);
      stop(host, bench);
    }
  }

  @Test
  void aMicrophoneThatIsNotEnabledIsSilent() throws Exception {
    Path file = folder.resolve("spoken.wav");
    AudioBench.writeWav(file, 2, 16, AudioBench.ramp(FRAMES * 2));
    try (Ipc3Host host = Ipc3Host.boot(BareDriver.open("cml", Map.of("dai-in", file.toString())));
        AudioBench bench = new AudioBench(host.driver, BYTES)) {
      bench.fill(AudioBench.ramp(FRAMES * 2));
      prepare(host, bench);
      bench.verb(0x00570700);
      start(host, bench);
      host.driver.pass(10);
      assertThat(bench.position(false, TAG)).isPositive();
      assertThat(bench.buffer.words().read32(0)).isZero();
      stop(host, bench);
    }
  }

  @Test
  void sixteenBitsOfTheHostAreRoundedFromTheLink() throws Exception {
    Path file = folder.resolve("spoken.wav");
    AudioBench.writeWav(file, 1, 32, 0x00017f00, 0x00018000, 0x7fff8000, 0x80000000);
    try (Ipc3Host host = Ipc3Host.boot(BareDriver.open("cml", Map.of("dai-in", file.toString())));
        AudioBench bench = new AudioBench(host.driver, BYTES)) {
      prepare(host, bench);
      ok(host.params(1, 1, TAG, Ipc3Host.S16, BYTES));
      bench.program(false, TAG, 0x0011, true);
      start(host, bench);
      host.driver.pass(10);
      int[] expected = {1, 0, 2, 0, 0x7fff, 0, 0x8000, 0, 0};
      for (int i = 0; i < expected.length; i++) {
        assertThat(bench.buffer.words().read16(2L * i)).as("sample %d", i).isEqualTo(expected[i]);
      }
      stop(host, bench);
    }
  }
}
