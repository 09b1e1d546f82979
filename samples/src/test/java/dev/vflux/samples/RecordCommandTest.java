package dev.vflux.samples;

import static dev.vflux.samples.Ran.onTerminal;
import static dev.vflux.samples.Ran.vflux;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.vflux.testing.LeakCheck;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import javax.sound.sampled.AudioFormat;
import javax.sound.sampled.UnsupportedAudioFileException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(LeakCheck.class)
class RecordCommandTest {

  private static final int FRAMES = 14_400;

  private final Path folder;
  private final Path file;

  RecordCommandTest(@TempDir Path folder) {
    this.folder = folder;
    this.file = folder.resolve("out.wav");
  }

  private String device(AudioFormat format, byte[] bytes) throws IOException {
    return "emulated:cml?dai-in=" + Wav.write(folder.resolve("in.wav"), format, bytes);
  }

  @ParameterizedTest
  @CsvSource({"16, 2", "16, 1", "24, 2", "24, 1", "32, 2"})
  void whatTheCodecHearsIsInTheFileBitForBit(int bits, int channels)
      throws IOException, UnsupportedAudioFileException {
    AudioFormat format = Wav.pcm(bits, channels);
    // longer than what is recorded, also when a slow machine loses some
    byte[] heard = Wav.noise(format, 4 * Wav.RATE);
    Ran ran =
        vflux(
            "record",
            file.toString(),
            device(format, heard),
            "--seconds=0.3",
            "--bits=" + bits,
            "--channels=" + channels,
            "--periods=64",
            "--json");
    assertThat(ran.exit()).as(ran.err()).isZero();
    assertThat(Wav.format(file).toString()).isEqualTo(format.toString());
    assertThat(Wav.frames(file)).isEqualTo(FRAMES);
    byte[] expected = without(ran.json().get("firstGaps"), heard, format.getFrameSize());
    assertThat(Wav.data(file)).isEqualTo(expected);
    assertThat(files()).containsExactlyInAnyOrder("in.wav", "out.wav");
  }

  /** What is to be in the file when frames are missing. */
  private static byte[] without(JsonNode gaps, byte[] heard, int frameBytes) {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    int from = 0;
    for (JsonNode gap : gaps) {
      int until = gap.get("position").asInt() * frameBytes;
      int length = until - file.size();
      file.write(heard, from, length);
      from += length + gap.get("frames").asInt() * frameBytes;
    }
    file.write(heard, from, FRAMES * frameBytes - file.size());
    return file.toByteArray();
  }

  private List<String> files() throws IOException {
    try (Stream<Path> all = Files.list(folder)) {
      return all.map(path -> String.valueOf(path.getFileName())).toList();
    }
  }

  @Test
  void throughTheDspItIsRecordedToo() throws IOException, UnsupportedAudioFileException {
    AudioFormat format = Wav.pcm(16, 2);
    byte[] heard = Wav.noise(format, Wav.RATE);
    Ran ran =
        vflux(
            "record",
            file.toString(),
            device(format, heard),
            "--seconds=0.1",
            "--path=dsp",
            "--periods=64");
    assertThat(ran.exit()).as(ran.err()).isZero();
    assertThat(Wav.frames(file)).isEqualTo(4800);
    byte[] recorded = Wav.data(file);
    // from somewhere on: the link and the pipeline do not start at the same frame
    byte[] last = Arrays.copyOfRange(recorded, recorded.length - 1920, recorded.length);
    assertThat(indexOf(heard, last)).isNotNegative();
  }

  private static int indexOf(byte[] all, byte[] part) {
    for (int at = 0; at + part.length <= all.length; at += 4) {
      if (Arrays.equals(all, at, at + part.length, part, 0, part.length)) {
        return at;
      }
    }
    return -1;
  }

  @Test
  void theSummaryTellsWhatWasRecorded() {
    Ran ran = vflux("record", file.toString(), "--seconds", "0.1", "--periods", "64");
    assertThat(ran.exit()).as(ran.err()).isZero();
    assertThat(ran.err())
        .isEqualToNormalizingNewlines("recording " + file + ", 48000 Hz, 16 bits, 2 channels\n");
    assertThat(ran.out())
        .startsWith("recorded 4800 frames (0.100 s) in ")
        .contains(" s, complete", " periods of 480 frames, ", " over-runs, ", " lost frames, ");
  }

  @Test
  void theSummaryIsJsonToo() {
    JsonNode view = vflux("record", file.toString(), "--seconds", "0.1", "--json").json();
    assertThat(view.get("device").asText()).isEqualTo("emulated:cml");
    assertThat(view.get("file").asText()).isEqualTo(file.toString());
    assertThat(view.get("bits").asInt()).isEqualTo(16);
    assertThat(view.get("end").asText()).isEqualTo("COMPLETE");
    assertThat(view.get("frames").asLong()).isEqualTo(4800);
    assertThat(view.get("firstGaps").isArray()).isTrue();
    assertThat(view.get("realTime").asDouble()).isPositive();
    assertThat(view.at("/report/settings/rate").asInt()).isEqualTo(48_000);
    assertThat(view.at("/report/overruns").isIntegralNumber()).isTrue();
    assertThat(view.at("/report/lostFrames").isIntegralNumber()).isTrue();
    assertThat(view.at("/report/periods").asLong()).isGreaterThanOrEqualTo(10);
  }

  @Test
  void atATerminalPositionLevelsAndLatencyAreShown() {
    Ran ran = onTerminal("record", file.toString(), "--seconds", "0.5");
    assertThat(ran.exit()).isZero();
    assertThat(ran.err())
        .containsPattern("\r\033\\[K0:00\\.\\d / 0:00\\.5  \\[\\.+\\]     - dB ")
        .containsPattern("latency +\\d+\\.\\d{3} ms, \\d+ xrun")
        .endsWith("\r\033[K");
  }

  @Test
  void aFileThatExistsStaysUnlessItMayBeReplaced() throws IOException {
    Files.writeString(file, "precious");
    Ran refused = vflux("record", file.toString(), "nowhere:", "--seconds", "0.1");
    assertThat(refused.exit()).isEqualTo(1);
    assertThat(refused.err()).contains("it exists", "--force").hasLineCount(1);
    assertThat(file).hasContent("precious");

    Ran failed = vflux("record", file.toString(), "emulated:edu", "--force");
    assertThat(failed.exit()).isEqualTo(77);
    assertThat(file).hasContent("precious");

    assertThat(vflux("record", file.toString(), "--seconds", "0.1", "--force").exit()).isZero();
    assertThat(Files.size(file)).isEqualTo(Wav.HEADER_BYTES + 4800 * 4);
  }

  @Test
  void aPlaceThatCannotBeWrittenIsRefused() {
    Ran nowhere = vflux("record", folder.resolve("no/out.wav").toString(), "--seconds", "0.1");
    assertThat(nowhere.exit()).isEqualTo(1);
    assertThat(nowhere.err()).contains("no file can be made in " + folder.resolve("no"));
    Ran directory = vflux("record", folder.toString(), "--seconds", "0.1");
    assertThat(directory.exit()).isEqualTo(1);
    assertThat(directory.err()).contains("it is a folder");
  }

  @Test
  void aDeviceThatGoesAwayLeavesWhatWasRecorded()
      throws IOException, UnsupportedAudioFileException {
    Ran ran = vflux("record", file.toString(), "emulated:cml?fault=unplugged:400", "--json");
    assertThat(ran.exit()).isEqualTo(1);
    assertThat(ran.json().at("/error/type").asText()).isEqualTo("DeviceGoneException");
    int frames = Wav.frames(file);
    assertThat(frames).isPositive();
    assertThat(ran.err()).contains("note: " + frames + " frames until then are in " + file);
    assertThat(files()).containsExactly("out.wav");
  }

  @Test
  void aStreamThatNeverBeginsLeavesNoFile() throws IOException {
    Ran ran = vflux("record", file.toString(), "--rate", "22050", "--json");
    assertThat(ran.exit()).isEqualTo(1);
    assertThat(ran.json().at("/error/details/reason").asText()).isEqualTo("UNSUPPORTED_FORMAT");
    assertThat(ran.err()).contains("there is no file");
    assertThat(files()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "out.wav --bits 20",
        "out.wav --rate 0",
        "out.wav --channels 0",
        "out.wav --seconds x",
        "out.wav --seconds 999999999",
        "out.wav --latency soon"
      })
  void anUnclearCommandLineExitsWith2(String arguments) {
    Ran ran = vflux(("record " + arguments).strip().split(" "));
    assertThat(ran.exit()).isEqualTo(2);
    assertThat(ran.err()).contains("see 'vflux record --help'").hasLineCount(1);
  }
}
