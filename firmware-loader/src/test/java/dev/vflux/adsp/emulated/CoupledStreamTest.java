package dev.vflux.adsp.emulated;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vflux.emulated.BoardSettings;
import dev.vflux.emulated.DeviceOptionException;
import dev.vflux.emulated.EmulatedDevices;
import dev.vflux.testing.LeakCheck;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Streams that go over the link without the DSP, and the files at the codec's ends. */
@ExtendWith(LeakCheck.class)
class CoupledStreamTest {

  private static final int FRAMES = 480;
  private static final int BYTES = FRAMES * 4;
  private static final int S16_48 = 0x0011;
  private static final int TAG = 3;

  private final Path folder;

  CoupledStreamTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private static BareDriver open(String option, Path file) {
    return BareDriver.open("cml", Map.of(option, file.toString())).probe();
  }

  private static void fill(AudioBench bench) {
    for (int i = 0; i < BYTES / 2; i++) {
      bench.buffer.words().write16(2L * i, i + 1);
    }
  }

  @Test
  void whatIsPlayedArrivesAtTheDac() throws Exception {
    Path heard = folder.resolve("heard.wav");
    try (BareDriver driver = open("dai-out", heard);
        AudioBench bench = new AudioBench(driver, BYTES)) {
      fill(bench);
      bench.program(true, TAG, S16_48, false);
      bench.dac(TAG, S16_48);
      bench.run(true, TAG, true);
      driver.pass(100);
      bench.run(true, TAG, false);
      List<Integer> arrived = AudioBench.readWav(heard, 2, 16);
      assertThat(arrived.size() / 2).isBetween(48 * 99, 48 * 100);
      for (int i = 0; i < arrived.size(); i++) {
        assertThat(arrived.get(i)).isEqualTo((short) (i % (BYTES / 2) + 1) << 16);
      }
    }
  }

  @Test
  void whatTheMicrophoneHearsArrivesInMemory() throws Exception {
    Path file = folder.resolve("spoken.wav");
    AudioBench.writeWav(file, 2, 24, AudioBench.ramp(600));
    try (BareDriver driver = open("dai-in", file);
        AudioBench bench = new AudioBench(driver, BYTES)) {
      bench.program(false, TAG, S16_48, false);
      bench.adc(TAG, S16_48);
      bench.run(false, TAG, true);
      driver.pass(8);
      bench.run(false, TAG, false);
      int there = bench.position(false, TAG);
      assertThat(there / 4).isBetween(48 * 7, 48 * 8);
      int[] samples = AudioBench.ramp(600);
      for (int i = 0; i < there / 2; i++) {
        int expected = i < samples.length ? samples[i] >>> 16 : 0;
        assertThat(bench.buffer.words().read16(2L * i)).as("sample %d", i).isEqualTo(expected);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"0x0011, 1920000", "0x4011, 1764000", "0x4331, 882000", "0x1841, 15360000"})
  void tenSecondsHaveTheirBytes(String format, long bytes) {
    try (BareDriver driver = BareDriver.open("cml").probe();
        AudioBench bench = new AudioBench(driver, 1 << 16)) {
      bench.program(true, TAG, Integer.decode(format), false);
      bench.run(true, TAG, true);
      driver.clock.advance(Duration.ofSeconds(10));
      long there = driver.bar0.read64(0x810 + 0x10 * AudioBench.index(true, TAG));
      assertThat(there).isBetween(bytes - bytes / 40_000, bytes);
      driver.clock.advance(Duration.ofSeconds(10));
      assertThat(driver.bar0.read64(0x810 + 0x10 * AudioBench.index(true, TAG)) - there)
          .isEqualTo(bytes);
    }
  }

  @Test
  void anotherFormatGoesToAnotherFile() throws Exception {
    Path heard = folder.resolve("heard.wav");
    try (BareDriver driver = open("dai-out", heard);
        AudioBench bench = new AudioBench(driver, BYTES)) {
      for (int format : new int[] {S16_48, 0x0041, 0x0041}) {
        bench.program(true, TAG, format, false);
        bench.dac(TAG, format);
        bench.run(true, TAG, true);
        driver.pass(10);
        bench.run(true, TAG, false);
      }
    }
    assertThat(AudioBench.readWav(heard, 2, 16)).hasSizeBetween(900, 960);
    assertThat(AudioBench.readWav(folder.resolve("heard-2.wav"), 2, 32)).hasSizeBetween(1800, 1920);
  }

  @Test
  void filesThatCannotBeUsedAreRefused() throws Exception {
    Path bad = folder.resolve("bad.wav");
    Files.write(bad, new byte[100]);
    refuses("dai-in", bad, "no WAV file");
    refuses("dai-in", folder.resolve("missing.wav"), "cannot be read");
    refuses("dai-out", folder.resolve("missing/out.wav"), "cannot be written");
    AudioBench.writeWav(bad, 2, 32, 1, 2, 3, 4);
    byte[] wav = Files.readAllBytes(bad);
    alter(bad, wav, 20, 3, "coding is 3");
    alter(bad, wav, 22, 0, "0 channels");
    alter(bad, wav, 34, 8, "8 bits");
    alter(bad, wav, 36, 'x', "lacks");
    alter(bad, wav, 12, 'x', "lacks");
  }

  private static void alter(Path file, byte[] wav, int at, int value, String problem)
      throws Exception {
    byte[] altered = wav.clone();
    altered[at] = (byte) value;
    Files.write(file, altered);
    refuses("dai-in", file, problem);
  }

  private static void refuses(String option, Path file, String problem) {
    BoardSettings settings = BoardSettings.builder().option(option, file.toString()).build();
    assertThatThrownBy(() -> EmulatedDevices.open("cml", settings))
        .isInstanceOf(DeviceOptionException.class)
        .hasMessageContaining(option)
        .hasMessageContaining(problem);
  }

  @Test
  void aFileThatClaimsMoreThanItHasIsReadToItsEnd() throws Exception {
    Path file = folder.resolve("short.wav");
    AudioBench.writeWav(file, 1, 16, 0x10000, 0x20000);
    byte[] wav = Files.readAllBytes(file);
    wav[43] = (byte) 0xff;
    Files.write(file, wav);
    try (BareDriver driver = open("dai-in", file);
        AudioBench bench = new AudioBench(driver, BYTES)) {
      bench.program(false, TAG, 0x0010, false);
      bench.adc(TAG, 0x0010);
      bench.run(false, TAG, true);
      driver.pass(5);
      assertThat(bench.buffer.words().read32(0)).isEqualTo(0x00020001);
      assertThat(bench.buffer.words().read32(4)).isZero();
    }
  }
}
