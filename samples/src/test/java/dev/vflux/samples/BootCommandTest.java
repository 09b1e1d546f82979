package dev.vflux.samples;

import static dev.vflux.samples.Ran.onTerminal;
import static dev.vflux.samples.Ran.vflux;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.vflux.adsp.BootStage;
import dev.vflux.testing.LeakCheck;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(LeakCheck.class)
class BootCommandTest {

  @Test
  void bootsTheDefaultDeviceThroughInterrupts() {
    Ran ran = vflux("boot");
    assertThat(ran.exit()).isZero();
    assertThat(ran.err()).contains("a synthetic image for Comet Lake-LP").hasLineCount(1);
    assertThat(ran.out())
        .contains("interrupt MSI 0, count ", ": DSP_DONE", ": DSP_MESSAGE")
        .contains("firmware 2.2.0.1 vflux, IPC3, ABI 3.22.1", "UPBOX     window 0 at 0x1000")
        .contains("; 1 attempt, ", " 0 lost, ");
    assertThat(ran.out()).contains(List.of("ROM_DONE ", "CODE_LOAD ", "FW_READY "));
  }

  @ParameterizedTest
  @ValueSource(strings = {"cnl", "icl", "jsl", "tgl", "adl", "apl"})
  void bootsTheSiblings(String name) {
    Ran ran = vflux("boot", "emulated:" + name);
    assertThat(ran.exit()).as(ran.err()).isZero();
    assertThat(ran.out()).contains("firmware ready");
  }

  @Test
  void eachEventIsALineOfJson() {
    List<JsonNode> events = vflux("boot", "--json").jsonLines();
    assertThat(events.get(0).get("kind").asText()).isEqualTo("Started");
    JsonNode last = events.get(events.size() - 1);
    assertThat(last.get("kind").asText()).isEqualTo("Completed");
    JsonNode report = last.at("/firmware/report");
    assertThat(report.get("waited").asDouble() + report.get("ours").asDouble())
        .isCloseTo(report.get("total").asDouble(), Offset.offset(1e-3));
    assertThat(report.get("stages").findValuesAsText("stage"))
        .contains(BootStage.CODE_LOAD.name(), BootStage.FW_READY.name());
    assertThat(events.stream().map(event -> event.get("kind").asText()))
        .contains("StageStarted", "StageFinished", "Verified", "InterruptSeen");
  }

  @Test
  void atATerminalABarRunsAndTheLinesFollow() {
    Ran ran = onTerminal("boot");
    assertThat(ran.exit()).isZero();
    assertThat(ran.err()).contains("\r\033[K[####", "% CODE_LOAD").endsWith("\r\033[K");
    assertThat(ran.out()).contains("FW_READY ", "firmware ready", "booted in ");
    assertThat(ran.out()).doesNotContain("\r");
  }

  @Test
  void bootsAFile(@TempDir Path directory) {
    String file = directory.resolve("sample.ri").toString();
    assertThat(vflux("firmware", "sample", file).exit()).isZero();
    Ran ran = vflux("boot", "emulated:cml", "--firmware", file);
    assertThat(ran.exit()).isZero();
    assertThat(ran.err()).contains("firmware: " + file);
  }

  @Test
  void theRomRefusesAKeyThatIsNotIntels() {
    Ran ran = vflux("boot", "emulated:cml?fuse=production", "--json");
    assertThat(ran.exit()).isEqualTo(1);
    assertThat(ran.err()).contains("error 44", "CSE_VALIDATION_FAILED", "signed by Intel");
    List<JsonNode> lines = ran.jsonLines();
    JsonNode error = lines.get(lines.size() - 1).get("error");
    assertThat(error.get("type").asText()).isEqualTo("FirmwareBootException");
    assertThat(error.at("/details/stage").asText()).isEqualTo("CODE_LOAD");
    assertThat(error.at("/details/romStatus").asText()).isEqualTo("0x80000012");
    assertThat(error.at("/details/romError").asText()).isEqualTo("0x0000002c");
  }

  @Test
  void aChangedImageStopsBeforeTheDeviceUnlessTheRomShallJudge(@TempDir Path directory)
      throws IOException {
    Path file = directory.resolve("sample.ri");
    assertThat(vflux("firmware", "sample", file.toString()).exit()).isZero();
    byte[] image = Files.readAllBytes(file);
    image[image.length - 1] ^= 1;
    Files.write(file, image);

    Ran required = vflux("boot", "--firmware", file.toString());
    assertThat(required.exit()).isEqualTo(1);
    assertThat(required.out()).doesNotContain("POWER_UP_FUNCTION");

    Ran reported = vflux("boot", "--firmware", file.toString(), "--verify", "report");
    assertThat(reported.exit()).isEqualTo(1);
    assertThat(reported.out()).contains("image failed", "POWER_UP_FUNCTION");
    assertThat(reported.err()).contains("error 44");

    Ran unchecked = vflux("boot", "--firmware", file.toString(), "--verify=off");
    assertThat(unchecked.out()).doesNotContain("image failed");
    assertThat(unchecked.err()).contains("error 44");
  }

  @Test
  void aTimeOutNamesTheRegister() {
    Ran ran = vflux("boot", "emulated:cml?fault=done-never", "--attempts", "1", "--json");
    assertThat(ran.exit()).isEqualTo(1);
    List<JsonNode> lines = ran.jsonLines();
    JsonNode details = lines.get(lines.size() - 1).at("/error/details");
    assertThat(details.get("register").asText()).isEqualTo("HIPCIDA");
    assertThat(details.get("mask").asText()).isEqualTo("0x80000000");
    assertThat(details.get("wanted").asText()).isEqualTo("0x80000000");
    assertThat(details.get("last").asText()).isEqualTo("0x00000000");
  }

  @Test
  void laterAttemptsAreShown() {
    Ran ran = vflux("boot", "emulated:cml?fault=succeeds-on:2");
    assertThat(ran.exit()).isZero();
    assertThat(ran.out()).contains("attempt 1 failed: ", ", attempt 2", "; 2 attempts, ");
  }

  @Test
  void aLostInterruptIsSaid() {
    Ran ran = vflux("boot", "emulated:cml?fault=interrupt-lost");
    assertThat(ran.exit()).isZero();
    assertThat(ran.out()).contains("lost interrupt: ", ", 1 lost, ");
  }

  @Test
  void aDeviceWithoutDspIsNotApplicable() {
    Ran ran = vflux("boot", "emulated:edu");
    assertThat(ran.exit()).isEqualTo(77);
    assertThat(ran.err()).contains("1234:11e8").hasLineCount(1);
  }

  @Test
  void anotherDevicesImageIsRefused(@TempDir Path directory) {
    String file = directory.resolve("tgl.ri").toString();
    assertThat(vflux("firmware", "sample", file, "--platform=TGL_LP").exit()).isZero();
    Ran ran = vflux("boot", "emulated:cml", "--firmware", file);
    assertThat(ran.exit()).isEqualTo(1);
    assertThat(ran.err()).contains("CAVS_2_5");
  }

  @Test
  void aFileForADeviceWithoutDspIsNotApplicable(@TempDir Path directory) {
    String file = directory.resolve("sample.ri").toString();
    assertThat(vflux("firmware", "sample", file).exit()).isZero();
    assertThat(vflux("boot", "emulated:edu", "--firmware", file).exit()).isEqualTo(77);
  }

  @ParameterizedTest
  @ValueSource(strings = {"--attempts 0", "--attempts 11", "--verify maybe", "--firmware"})
  void anUnclearOptionExitsWith2(String arguments) {
    assertThat(vflux(("boot emulated:cml " + arguments).split(" ")).exit()).isEqualTo(2);
  }

  @Test
  void aMissingFileFails() {
    Ran ran = vflux("boot", "--firmware", "/nonexistent.ri");
    assertThat(ran.exit()).isEqualTo(1);
    assertThat(ran.err()).contains("/nonexistent.ri", "no such file");
  }
}
