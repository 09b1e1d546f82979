package dev.vflux.samples;

import static dev.vflux.samples.Ran.vflux;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.vflux.adsp.DspPlatform;
import dev.vflux.firmware.FirmwareFamily;
import dev.vflux.firmware.FirmwareImageBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FirmwareCommandTest {

  private final Path directory;

  FirmwareCommandTest(@TempDir Path directory) {
    this.directory = directory;
  }

  @ParameterizedTest
  @ValueSource(strings = {"KBL_LP", "APL", "CML_LP", "ICL_LP", "TGL_LP", "ADL_N", "MTL"})
  void aSampleOfEachGenerationIsVerified(DspPlatform platform) {
    String file = directory.resolve("sample.ri").toString();
    Ran sample = vflux("firmware", "sample", file, "--platform", platform.name());
    assertThat(sample.exit()).isZero();
    assertThat(sample.out()).isEmpty();
    Ran info = vflux("firmware", "info", file);
    assertThat(info.exit()).isZero();
    assertThat(info.out())
        .startsWith(file + ": " + platform.chip().generation().family() + " ")
        .contains("BASEFW", "signed by: unknown key", "verdict: verified");
    assertThat(info.err()).isEmpty();
  }

  @Test
  void aSampleSpeaksTheProtocolAskedFor() {
    String file = directory.resolve("sample.ri").toString();
    Ran sample =
        vflux("firmware", "sample", file, "--platform", "tgl_lp", "--ipc", "ipc4", "--json");
    assertThat(sample.json().at("/length").asInt()).isPositive();
    JsonNode image = vflux("firmware", "info", file, "--json").json().at("/0/image");
    assertThat(image.at("/ipcVersion").asText()).isEqualTo("IPC4");
    assertThat(image.at("/extendedManifest/kind").asText()).isEqualTo("Ae1Manifest");
  }

  @Test
  void jsonHasWhatTheTextHas() throws IOException {
    JsonNode image = vflux("firmware", "info", sample().toString(), "--json").json().get(0);
    assertThat(image.at("/image/family").asText()).isEqualTo("CAVS_1_8");
    assertThat(image.at("/image/extendedManifest/kind").asText()).isEqualTo("XManManifest");
    assertThat(image.at("/image/extendedManifest/elements").findValuesAsText("kind"))
        .contains("Windows", "FwVersion");
    assertThat(image.at("/image/css/modulus").asText()).matches("0x[0-9a-f]{512}");
    assertThat(image.at("/image/adsp/modules").findValuesAsText("name")).contains("BASEFW");
    assertThat(image.at("/image/verification/verdict").asText()).isEqualTo("verified");
    assertThat(image.at("/image/verification/checks").findValuesAsText("outcome"))
        .contains("PASSED")
        .doesNotContain("FAILED");
    assertThat(image.at("/error").isNull()).isTrue();
  }

  @Test
  void aChangedByteFailsTheVerification() throws IOException {
    Path file = sample();
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length - 1] ^= 1;
    Files.write(file, bytes);
    Ran ran = vflux("firmware", "info", file.toString());
    assertThat(ran.exit()).isEqualTo(1);
    assertThat(ran.out()).contains("FAILED", "verdict: failed");
  }

  @Test
  void briefJudgesEachFileOnALine() throws IOException {
    Path good = sample();
    Path text = Files.writeString(directory.resolve("notes.txt"), "not firmware at all");
    Path gone = directory.resolve("gone.ri");
    Ran ran =
        vflux("firmware", "info", "--brief", good.toString(), text.toString(), gone.toString());
    assertThat(ran.exit()).isEqualTo(1);
    List<String> lines = ran.out().lines().toList();
    assertThat(lines).hasSize(4);
    assertThat(lines.get(1)).startsWith(good.toString()).endsWith("verified");
    assertThat(lines.get(2)).startsWith(text.toString()).contains("refused: BAD_MAGIC");
    assertThat(lines.get(3)).startsWith(gone.toString()).contains("refused: MISSING");
    assertThat(ran.err()).hasLineCount(2);
  }

  @Test
  void aRefusedImageIsAnErrorInJson() {
    Ran ran = vflux("firmware", "info", "--json", directory.resolve("gone.ri").toString());
    assertThat(ran.exit()).isEqualTo(1);
    JsonNode judged = ran.json().get(0);
    assertThat(judged.at("/image").isNull()).isTrue();
    assertThat(judged.at("/error/type").asText()).isEqualTo("FirmwareFormatException");
  }

  @Test
  void aSampleNeverReplacesAFile() throws IOException {
    Path file = Files.writeString(directory.resolve("precious"), "precious");
    Ran ran = vflux("firmware", "sample", file.toString());
    assertThat(ran.exit()).isEqualTo(1);
    assertThat(ran.err()).contains("name a file that does not exist yet").hasLineCount(1);
    assertThat(file).hasContent("precious");
  }

  @ParameterizedTest
  @ValueSource(strings = {"info", "sample", "sample x --platform PENTIUM", "sample x --ipc 5"})
  void anUnclearCommandLineExitsWith2(String arguments) {
    assertThat(vflux(("firmware " + arguments).split(" ")).exit()).isEqualTo(2);
  }

  private Path sample() throws IOException {
    byte[] image = FirmwareImageBuilder.of(FirmwareFamily.CAVS_1_8).payloadPages(16).build();
    return Files.write(directory.resolve("sample.ri"), image);
  }
}
