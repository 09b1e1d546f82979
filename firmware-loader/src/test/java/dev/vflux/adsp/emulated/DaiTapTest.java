package dev.vflux.adsp.emulated;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vflux.emulated.BoardSettings;
import dev.vflux.emulated.DeviceOptionException;
import dev.vflux.emulated.EmulatedDevices;
import dev.vflux.testing.LeakCheck;
import dev.vflux.vfio.DriverException;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

/** The codec's ends in the process: what the DACs played, what the ADCs are to hear. */
@ExtendWith(LeakCheck.class)
class DaiTapTest {

  private static final int S16_48 = 0x0011;
  private static final int S16_44 = 0x4011;
  private static final int BYTES = 1920;
  private static final Duration LIMIT = Duration.ofSeconds(10);

  private final DaiTap tap = DaiTap.open("tap-test", Schedulers.immediate());

  @AfterEach
  void close() {
    tap.close();
  }

  private static BareDriver open(int converters) {
    String value = "tap:tap-test";
    String count = String.valueOf(converters);
    return BareDriver.open("cml", Map.of("dai-out", value, "dai-in", value, "converters", count))
        .probe();
  }

  private static byte[] all(List<DaiChunk> chunks) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (DaiChunk chunk : chunks) {
      byte[] part = new byte[chunk.bytes().remaining()];
      chunk.bytes().get(part);
      bytes.writeBytes(part);
    }
    return bytes.toByteArray();
  }

  private static void fill(AudioBench bench, int seed) {
    for (int i = 0; i < BYTES / 2; i++) {
      bench.buffer.words().write16(2L * i, i * 7 + seed);
    }
  }

  private static void assertPattern(byte[] bytes, int seed) {
    ByteBuffer samples = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < bytes.length / 2; i++) {
      assertThat(samples.getShort(2 * i)).isEqualTo((short) (i % (BYTES / 2) * 7 + seed));
    }
  }

  @Test
  void fourDacsAndFourAdcsAtOnceAreToldApart() {
    List<DaiChunk> chunks = new ArrayList<>();
    tap.played().subscribe(chunks::add);
    List<AudioBench> benches = new ArrayList<>();
    try (BareDriver driver = open(4)) {
      for (int number = 1; number <= 4; number++) {
        tap.repeat(number, ByteBuffer.wrap(new byte[] {(byte) number, 2, 3, 4, 5, 6, 7, 8}));
        AudioBench out = new AudioBench(driver, BYTES);
        AudioBench in = new AudioBench(driver, BYTES);
        benches.addAll(List.of(out, in));
        fill(out, number);
        out.program(true, 9 - number, S16_48, false);
        out.dac(number, 9 - number, S16_48);
        in.program(false, number, S16_48, false);
        in.adc(number, number, S16_48);
      }
      for (int tag = 1; tag <= 4; tag++) {
        benches.get(0).run(true, 4 + tag, true);
        benches.get(0).run(false, tag, true);
      }
      driver.pass(5);
      for (int number = 1; number <= 4; number++) {
        AudioBench in = benches.get(2 * number - 1);
        assertThat(in.buffer.words().read64(0)).isEqualTo(0x0807060504030200L | number);
        assertThat(in.buffer.words().read64(8)).isEqualTo(0x0807060504030200L | number);
        int dac = number;
        List<DaiChunk> own = chunks.stream().filter(chunk -> chunk.dac() == dac).toList();
        assertThat(own).isNotEmpty();
        assertThat(own).allMatch(chunk -> chunk.tag() == 9 - dac && chunk.format() == S16_48);
        assertThat(own).allMatch(chunk -> chunk.node() == (dac == 1 ? 2 : 4 * dac - 1));
        assertThat(own.stream().mapToInt(DaiChunk::frames).sum()).isBetween(48 * 4, 48 * 5);
        assertPattern(all(own), number);
      }
      benches.forEach(AudioBench::close);
    }
  }

  @Test
  void oneDacCanBeHeardAlone() {
    List<DaiChunk> chunks = new ArrayList<>();
    tap.played(2).subscribe(chunks::add);
    try (BareDriver driver = open(2);
        AudioBench bench = new AudioBench(driver, BYTES)) {
      bench.dac(1, 1, S16_48);
      bench.dac(2, 2, S16_44);
      bench.program(true, 1, S16_48, false);
      bench.program(true, 2, S16_44, false);
      bench.run(true, 1, true);
      bench.run(true, 2, true);
      driver.pass(10);
      assertThat(chunks).isNotEmpty().allMatch(chunk -> chunk.dac() == 2);
      assertThat(chunks.get(0).rate()).isEqualTo(44_100);
      assertThat(chunks.get(0).channels()).isEqualTo(2);
    }
  }

  @Test
  void twoDacsWithOneTagHearTheSame() {
    List<DaiChunk> first = new ArrayList<>();
    List<DaiChunk> second = new ArrayList<>();
    tap.played(1).subscribe(first::add);
    tap.played(2).subscribe(second::add);
    try (BareDriver driver = open(2);
        AudioBench bench = new AudioBench(driver, BYTES)) {
      fill(bench, 1);
      bench.dac(1, 3, S16_48);
      bench.dac(2, 3, S16_48);
      bench.program(true, 3, S16_48, false);
      bench.run(true, 3, true);
      driver.pass(10);
      assertThat(all(first)).isNotEmpty().isEqualTo(all(second));
    }
  }

  @Test
  void anUnboundedRequestLosesNothingAndAnotherThreadsChunksKeepTheirOrder() {
    try (DaiTap threads = DaiTap.open("threads");
        BareDriver driver = BareDriver.open("cml", Map.of("dai-out", "tap:threads")).probe();
        AudioBench bench = new AudioBench(driver, BYTES)) {
      fill(bench, 5);
      bench.dac(1, S16_48);
      bench.program(true, 1, S16_48, false);
      StepVerifier.create(threads.played().collectList())
          .then(
              () -> {
                bench.run(true, 1, true);
                driver.clock.advance(Duration.ofSeconds(10));
              })
          .then(threads::close)
          .assertNext(
              chunks -> {
                assertThat(chunks.size()).isGreaterThan(TapOutlet.KEPT);
                assertThat(chunks.stream().mapToInt(DaiChunk::frames).sum()).isEqualTo(480_000);
                assertPattern(all(chunks), 5);
              })
          .expectComplete()
          .verify(LIMIT);
      assertThat(threads.overflows()).isZero();
    }
  }

  @Test
  void whoRequestsTooLittleFailsAloneAfterAllThatWasKept() {
    List<DaiChunk> other = new ArrayList<>();
    tap.played().subscribe(other::add);
    try (BareDriver driver = open(1);
        AudioBench bench = new AudioBench(driver, BYTES)) {
      bench.dac(1, S16_48);
      bench.program(true, 1, S16_48, false);
      StepVerifier.create(tap.played(), 10)
          .then(() -> bench.run(true, 1, true))
          .then(() -> driver.pass(10))
          .expectNextCount(10)
          .then(() -> driver.pass(4990))
          .thenRequest(Long.MAX_VALUE)
          .expectNextCount(TapOutlet.KEPT)
          .expectErrorSatisfies(
              error -> {
                assertThat(error).isInstanceOf(DaiOverflowException.class);
                assertThat(error).hasMessageContaining("tap-test");
                assertThat(((DaiOverflowException) error).kept()).isEqualTo(TapOutlet.KEPT);
              })
          .verify(LIMIT);
      assertThat(tap.overflows()).isEqualTo(1);
      assertThat(other.stream().mapToInt(DaiChunk::frames).sum()).isEqualTo(240_000);
    }
  }

  @Test
  void whoCancelsIsForgotten() {
    try (BareDriver driver = open(1);
        AudioBench bench = new AudioBench(driver, BYTES)) {
      bench.dac(1, S16_48);
      bench.program(true, 1, S16_48, false);
      bench.run(true, 1, true);
      StepVerifier.create(tap.played(), 0)
          .then(() -> driver.pass(10))
          .thenRequest(3)
          .expectNextCount(3)
          .thenCancel()
          .verify(LIMIT);
      driver.clock.advance(Duration.ofSeconds(10));
      assertThat(tap.overflows()).isZero();
    }
  }

  @Test
  void suppliedSamplesAreHeardAndWhatIsLeftIsSilence() {
    List<Integer> rooms = new ArrayList<>();
    tap.hear(
        1,
        (tag, format, frames) -> {
          assertThat(tag).isEqualTo(2);
          assertThat(format).isEqualTo(S16_48);
          rooms.add(frames.remaining());
          frames.putInt(0x11223344);
        });
    try (BareDriver driver = open(1);
        AudioBench bench = new AudioBench(driver, BYTES)) {
      bench.program(false, 2, S16_48, false);
      bench.adc(2, S16_48);
      bench.run(false, 2, true);
      driver.pass(5);
      assertThat(rooms).hasSizeGreaterThan(1);
      int at = 0;
      for (int room : rooms) {
        assertThat(bench.buffer.words().read32(at)).isEqualTo(0x11223344);
        assertThat(bench.buffer.words().read32(at + 4)).isZero();
        at += room;
      }
      assertThat(at).isEqualTo(bench.position(false, 2));
    }
  }

  @Test
  void aSupplierThatThrowsEndsInSilence() {
    int[] calls = {0};
    tap.hear(
        1,
        (tag, format, frames) -> {
          calls[0]++;
          frames.putInt(-1);
          throw new IllegalStateException("on purpose");
        });
    try (BareDriver driver = open(1);
        AudioBench bench = new AudioBench(driver, BYTES)) {
      bench.program(false, 2, S16_48, false);
      bench.adc(2, S16_48);
      bench.run(false, 2, true);
      driver.pass(5);
      assertThat(calls[0]).isEqualTo(1);
      assertThat(bench.position(false, 2)).isGreaterThan(700);
      assertThat(bench.buffer.words().read32(400)).isZero();
    }
  }

  @Test
  void aTapServesOneDeviceAfterTheOther() {
    List<DaiChunk> chunks = new ArrayList<>();
    tap.played().subscribe(chunks::add);
    for (int device = 0; device < 2; device++) {
      chunks.clear();
      try (BareDriver driver = open(1);
          AudioBench bench = new AudioBench(driver, BYTES)) {
        bench.dac(1, S16_48);
        bench.program(true, 1, S16_48, false);
        bench.run(true, 1, true);
        driver.pass(5);
        assertThat(chunks).isNotEmpty();
      }
    }
  }

  @Test
  void aClosedTapCompletesAndIsNoLongerThere() {
    StepVerifier.create(tap.played()).then(tap::close).expectComplete().verify(LIMIT);
    StepVerifier.create(tap.played(1)).expectComplete().verify(LIMIT);
    BoardSettings settings = BoardSettings.builder().option("dai-in", "tap:tap-test").build();
    assertThatThrownBy(() -> EmulatedDevices.open("cml", settings))
        .isInstanceOf(DeviceOptionException.class)
        .hasMessageContaining("dai-in")
        .hasMessageContaining("DaiTap.open");
  }

  @Test
  void aNameIsTakenOnce() {
    assertThatThrownBy(() -> DaiTap.open("tap-test"))
        .isInstanceOf(DriverException.class)
        .hasMessageContaining("tap-test");
    assertThatThrownBy(() -> DaiTap.open("no name")).isInstanceOf(DriverException.class);
    assertThatThrownBy(() -> tap.played(5)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> tap.repeat(1, ByteBuffer.allocate(0)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void chunksKeepTheirBytes() {
    byte[] bytes = {1, 2, 3, 4};
    DaiChunk chunk = new DaiChunk(1, 2, 3, S16_48, ByteBuffer.wrap(bytes));
    bytes[0] = 9;
    chunk.bytes().get();
    assertThat(chunk.bytes().getInt()).isEqualTo(0x04030201);
    assertThat(chunk.bytes().isReadOnly()).isTrue();
    assertThat(chunk.frames()).isEqualTo(1);
  }

  @Test
  void eachDacHasAFileOfItsOwn(@TempDir Path folder) throws Exception {
    Path heard = folder.resolve("heard.wav");
    Map<String, String> options = Map.of("dai-out", heard.toString(), "converters", "3");
    try (BareDriver driver = BareDriver.open("cml", options).probe();
        AudioBench bench = new AudioBench(driver, BYTES)) {
      for (int dac = 1; dac <= 3; dac++) {
        bench.dac(dac, dac, S16_48);
        bench.program(true, dac, S16_48, false);
        bench.run(true, dac, true);
        driver.pass(10L * dac);
        bench.run(true, dac, false);
      }
    }
    assertThat(AudioBench.readWav(heard, 2, 16)).hasSizeBetween(900, 960);
    assertThat(AudioBench.readWav(folder.resolve("heard-dac2.wav"), 2, 16))
        .hasSizeBetween(1860, 1920);
    assertThat(AudioBench.readWav(folder.resolve("heard-dac3.wav"), 2, 16))
        .hasSizeBetween(2820, 2880);
  }

  @Test
  void eachAdcHearsTheFileFromItsBeginning(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("spoken.wav");
    AudioBench.writeWav(file, 2, 16, AudioBench.ramp(400));
    Map<String, String> options = Map.of("dai-in", file.toString(), "converters", "2");
    try (BareDriver driver = BareDriver.open("cml", options).probe();
        AudioBench first = new AudioBench(driver, BYTES);
        AudioBench second = new AudioBench(driver, BYTES)) {
      first.adc(1, 1, S16_48);
      second.adc(2, 2, S16_48);
      first.program(false, 1, S16_48, false);
      second.program(false, 2, S16_48, false);
      first.run(false, 1, true);
      driver.pass(2);
      second.run(false, 2, true);
      driver.pass(2);
      assertThat(first.buffer.words().read64(0)).isNotZero();
      assertThat(second.buffer.words().read64(0)).isEqualTo(first.buffer.words().read64(0));
      assertThat(second.position(false, 2)).isLessThan(first.position(false, 1));
    }
  }

  @Test
  void theNumberOfConvertersIsChecked() {
    BoardSettings settings = BoardSettings.builder().option("converters", "5").build();
    assertThatThrownBy(() -> EmulatedDevices.open("cml", settings))
        .isInstanceOf(DeviceOptionException.class)
        .hasMessageContaining("converters");
  }
}
