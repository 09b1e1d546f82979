package dev.vflux.samples;

import static dev.vflux.samples.Ran.onTerminal;
import static dev.vflux.samples.Ran.vflux;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.vflux.testing.LeakCheck;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.ShortBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import javax.sound.sampled.AudioFormat;
import javax.sound.sampled.UnsupportedAudioFileException;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Everything fits into the buffer, so that nothing depends on how quick this machine is. */
@ExtendWith(LeakCheck.class)
class PlayCommandTest {

  private static final String ALL_IN_THE_BUFFER = "--periods=64";

  private final Path folder;

  PlayCommandTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private Path heard() {
    return folder.resolve("heard.wav");
  }

  private String device(String options) {
    return "emulated:cml?dai-out=" + heard() + options;
  }

  @Test
  void aFileArrivesAtTheCodecBitForBit() throws IOException, UnsupportedAudioFileException {
    AudioFormat format = Wav.pcm(16, 2);
    byte[] bytes = Wav.noise(format, 14_400);
    Path file = Wav.write(folder.resolve("in.wav"), format, bytes);
    Ran ran = vflux("play", file.toString(), device(""), ALL_IN_THE_BUFFER);
    assertThat(ran.exit()).as(ran.err()).isZero();
    assertThat(ran.err())
        .isEqualToNormalizingNewlines("playing " + file + ", 48000 Hz, S16_LE, 2 channels\n");
    assertThat(ran.out())
        .startsWith("played 14400 frames (0.300 s) in ")
        .contains(" s, complete", " periods of 480 frames, ")
        .contains("0 under-runs, 0 silent frames, 0 FIFO errors");
    assertThat(Wav.format(heard()).toString()).isEqualTo(format.toString());
    assertThat(Wav.data(heard())).startsWith(bytes);
  }

  @ParameterizedTest
  @CsvSource({"24, 1", "24, 2", "32, 2"})
  void widerSamplesArriveInContainersOf32(int bits, int channels)
      throws IOException, UnsupportedAudioFileException {
    AudioFormat format = Wav.pcm(bits, channels);
    byte[] bytes = Wav.noise(format, 2400);
    Path file = Wav.write(folder.resolve("in.wav"), format, bytes);
    Ran ran = vflux("play", file.toString(), device(""), ALL_IN_THE_BUFFER);
    assertThat(ran.exit()).as(ran.err()).isZero();
    assertThat(Wav.format(heard()).getSampleSizeInBits()).isEqualTo(32);
    assertThat(Wav.format(heard()).getChannels()).isEqualTo(channels);
    assertThat(Wav.data(heard())).startsWith(upper(bytes, bits));
  }

  @ParameterizedTest
  @ValueSource(ints = {16, 32})
  void throughTheDspAFileArrivesBitForBit(int bits) throws IOException {
    AudioFormat format = Wav.pcm(bits, 2);
    byte[] bytes = Wav.noise(format, 4800);
    Path file = Wav.write(folder.resolve("in.wav"), format, bytes);
    Ran ran = vflux("play", file.toString(), device(""), ALL_IN_THE_BUFFER, "--path=dsp");
    assertThat(ran.exit()).as(ran.err()).isZero();
    assertThat(ran.err()).startsWith("firmware: a synthetic image for Comet Lake-LP");
    assertThat(ran.out()).startsWith("played 4800 frames (0.100 s) in ");
    // the link runs before the pipeline does
    assertThat(from(Wav.data(heard()), bytes)).startsWith(bytes);
  }

  private static byte[] from(byte[] heard, byte[] first) {
    int at = 0;
    while (at < heard.length - 8 && !Arrays.equals(heard, at, at + 8, first, 0, 8)) {
      at += 4;
    }
    return Arrays.copyOfRange(heard, at, heard.length);
  }

  private static byte[] upper(byte[] packed, int bits) {
    int bytes = bits / Byte.SIZE;
    ByteBuffer wide = ByteBuffer.allocate(packed.length / bytes * Integer.BYTES);
    for (int i = 0; i < packed.length; i += bytes) {
      wide.position(wide.position() + Integer.BYTES - bytes).put(packed, i, bytes);
    }
    return wide.array();
  }

  @Test
  void aToneHasItsFrequency() throws IOException, UnsupportedAudioFileException {
    Ran ran =
        vflux(
            "play",
            "--tone=1000",
            "--seconds=0.2",
            "--rate=44100",
            "--channels=1",
            device(""),
            ALL_IN_THE_BUFFER);
    assertThat(ran.exit()).as(ran.err()).isZero();
    assertThat(ran.err()).startsWith("playing a tone of 1000.0 Hz, 44100 Hz, S16_LE, 1 channel");
    assertThat(Wav.format(heard()).getSampleRate()).isEqualTo(44_100);
    byte[] data = Wav.data(heard());
    ShortBuffer samples = ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN).asShortBuffer();
    int crossings = 0;
    int peak = 0;
    for (int i = 1; i < 8820; i++) {
      crossings += (samples.get(i) > 0) != (samples.get(i - 1) > 0) ? 1 : 0;
      peak = Math.max(peak, samples.get(i));
    }
    assertThat(crossings).as("two in each of 200 waves").isBetween(399, 401);
    assertThat(peak).as("-12 dB").isCloseTo(Short.MAX_VALUE / 4, Offset.offset(100));
  }

  @Test
  void theSummaryIsJsonToo() {
    JsonNode view =
        vflux("play", "--tone", "440", "--seconds", "0.1", ALL_IN_THE_BUFFER, "--json").json();
    assertThat(view.get("device").asText()).isEqualTo("emulated:cml");
    assertThat(view.get("path").asText()).isEqualTo("CODEC");
    assertThat(view.get("source").asText()).startsWith("a tone of 440.0 Hz");
    assertThat(view.get("realTime").asDouble()).isPositive();
    JsonNode report = view.get("report");
    assertThat(report.get("end").asText()).isEqualTo("COMPLETE");
    assertThat(report.get("frames").asLong()).isEqualTo(4800);
    assertThat(report.get("periods").asLong()).isGreaterThanOrEqualTo(10);
    assertThat(report.get("interrupts").asLong()).isPositive();
    assertThat(report.get("underruns").asLong()).isZero();
    assertThat(report.get("firstUnderruns").isArray()).isTrue();
    assertThat(report.get("silentFrames").asLong()).isZero();
    JsonNode settings = report.get("settings");
    assertThat(settings.get("rate").asInt()).isEqualTo(48_000);
    assertThat(settings.get("sample").asText()).isEqualTo("S16_LE");
    assertThat(settings.get("channels").asInt()).isEqualTo(2);
    assertThat(settings.get("periodFrames").asInt()).isEqualTo(480);
    assertThat(settings.get("periods").asInt()).isEqualTo(64);
    assertThat(settings.get("latency").asDouble()).isEqualTo(640);
    assertThat(settings.get("onXrun").asText()).isEqualTo("CONTINUE");
  }

  @ParameterizedTest
  @CsvSource({
    "--period 5ms, 256, 16",
    "--latency 20ms --periods 2, 480, 2",
    "--periods 8 --on-xrun stop, 480, 8"
  })
  void theBufferIsAsAskedFor(String options, int periodFrames, int periods) {
    String line = "play --tone 440 --seconds 0.01 --json " + options;
    JsonNode settings = vflux(line.split(" ")).json().at("/report/settings");
    assertThat(settings.get("periodFrames").asInt()).isEqualTo(periodFrames);
    assertThat(settings.get("periods").asInt()).isEqualTo(periods);
  }

  @Test
  void atATerminalPositionLevelsAndLatencyAreShown() {
    Ran ran = onTerminal("play", "--tone", "440", "--seconds", "0.5", ALL_IN_THE_BUFFER);
    assertThat(ran.exit()).isZero();
    assertThat(ran.err())
        .containsPattern("\r\033\\[K0:00\\.\\d / 0:00\\.5  \\[#+\\.+\\] -12\\.0 dB ")
        .containsPattern("latency +\\d+\\.\\d{3} ms, 0 xruns")
        .endsWith("\r\033[K");
    assertThat(ran.out()).doesNotContain("\r").startsWith("played 24000 frames");
  }

  @Test
  void aFileThatEndsEarlyIsPlayedAndSaid() throws IOException {
    AudioFormat format = Wav.pcm(16, 2);
    Path file = Wav.write(folder.resolve("in.wav"), format, Wav.noise(format, 960));
    byte[] all = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(all, Wav.HEADER_BYTES + 480 * 4));
    Ran ran = vflux("play", file.toString());
    assertThat(ran.exit()).isZero();
    assertThat(ran.err()).contains("note: " + file + " ends after 480 of 960 frames");
    assertThat(ran.out()).startsWith("played 480 frames ");
  }

  @Test
  void aMissingFileFailsBeforeTheDeviceIsOpened() {
    Ran ran = vflux("play", "/nonexistent.wav", "nowhere:", "--json");
    assertThat(ran.exit()).isEqualTo(1);
    assertThat(ran.err()).startsWith("vflux: play on /nonexistent.wav: no such file; name a ");
    assertThat(ran.json().at("/error/type").asText()).isEqualTo("WavException");
  }

  @Test
  void aRateTheCodecDoesNotHaveIsRefused() {
    Ran ran = vflux("play", "--tone", "440", "--seconds", "0.1", "--rate", "22050", "--json");
    assertThat(ran.exit()).isEqualTo(1);
    assertThat(ran.err()).contains("22050 Hz", "48000");
    assertThat(ran.json().at("/error/type").asText()).isEqualTo("AudioException");
    assertThat(ran.json().at("/error/details/reason").asText()).isEqualTo("UNSUPPORTED_FORMAT");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--periods 1",
        "--periods 257",
        "--period 30s",
        "--period PT2562047788015215H",
        "--latency PT2562047788015215H"
      })
  void aBufferThatCannotBeIsRefused(String option) {
    Ran ran = vflux(("play --tone 440 --json " + option).split(" "));
    assertThat(ran.exit()).isEqualTo(1);
    assertThat(ran.json().at("/error/details/reason").asText()).isEqualTo("BAD_BUFFER_SIZE");
  }

  @Test
  void aDeviceThatIsNoAudioFunctionIsNotApplicable() {
    Ran ran = vflux("play", "--tone", "440", "emulated:edu");
    assertThat(ran.exit()).isEqualTo(77);
    assertThat(ran.err()).contains("class code 0x").hasLineCount(1);
  }

  @Test
  void aFileThatIsNoFirmwareIsRefused() {
    Ran ran = vflux("play", "--tone", "440", "--path", "dsp", "--firmware", "/nonexistent.ri");
    assertThat(ran.exit()).isEqualTo(1);
    assertThat(ran.err()).contains("/nonexistent.ri", "no such file");
  }

  @Test
  void firmwareThatPanicsEndsIt() {
    Ran ran = vflux("play", "--tone=440", "--path=dsp", "emulated:cml?fault=panic", "--json");
    assertThat(ran.exit()).isEqualTo(1);
    assertThat(ran.json().at("/error/type").asText()).isEqualTo("AudioException");
    assertThat(ran.err()).contains("panic");
  }

  @Test
  void aDeviceWithoutDspIsNotApplicable() {
    assertThat(vflux("play", "--tone=440", "--path=dsp", "emulated:edu").exit()).isEqualTo(77);
  }

  @ParameterizedTest
  @CsvSource({"codec-silent, ''", "descriptor-error, DESE", "unplugged, gone"})
  void aDeviceThatFailsEndsItWithOneError(String fault, String words) {
    Ran ran = vflux("play", "--tone", "440", "emulated:cml?fault=" + fault);
    assertThat(ran.exit()).isEqualTo(1);
    assertThat(ran.err().lines().filter(line -> line.startsWith("vflux: ")))
        .singleElement()
        .asString()
        .contains(words);
    assertThat(ran.out()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "--tone",
        "--tone high",
        "--tone 0",
        "--tone NaN",
        "--tone 24000",
        "--tone 440 --rate 0",
        "--tone 440 --rate 999999",
        "--tone 440 --channels 17",
        "--tone 440 --seconds 0",
        "--tone 440 --seconds 1e3",
        "--tone 440 a.wav emulated:cml",
        "a.wav --rate 48000",
        "a.wav --seconds 1",
        "a.wav --period 10ms --latency 40ms",
        "a.wav --period 0ms",
        "a.wav --on-xrun panic",
        "a.wav --path radio",
        "a.wav emulated:cml b.wav"
      })
  void anUnclearCommandLineExitsWith2(String arguments) {
    Ran ran = vflux(("play " + arguments).strip().split(" "));
    assertThat(ran.exit()).isEqualTo(2);
    assertThat(ran.err()).contains("see 'vflux play --help'").hasLineCount(1);
  }
}
