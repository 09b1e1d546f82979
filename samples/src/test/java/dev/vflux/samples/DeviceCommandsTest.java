package dev.vflux.samples;

import static dev.vflux.samples.Ran.vflux;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.vflux.testing.LeakCheck;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@ExtendWith(LeakCheck.class)
class DeviceCommandsTest {

  @Test
  void devicesListsTheModels() {
    Ran ran = vflux("devices");
    assertThat(ran.exit()).isZero();
    assertThat(ran.out()).contains("emulated:edu ", "emulated:cml ").doesNotContain("?fuse");
  }

  @Test
  void devicesListsOptionsAndFaults() {
    assertThat(vflux("devices", "--options").out())
        .contains("?fuse=", "?fault=  ", "done-never, ", "ipc-error[:n[/error]], ");
    JsonNode json = vflux("devices", "--json").json();
    assertThat(json.findValuesAsText("name")).contains("emulated:cml", "emulated:edu");
    assertThat(json.findValue("options")).isNotNull();
  }

  @Test
  void infoShowsRegionsInterruptsAndCapabilities() {
    Ran ran = vflux("info", "emulated:cml");
    assertThat(ran.exit()).isZero();
    assertThat(ran.err()).isEmpty();
    assertThat(ran.out().lines().map(line -> line.replaceAll(" +", " ")))
        .contains(
            "BAR0 0x4000 READ WRITE",
            "BAR4 0x100000 READ WRITE",
            "CONFIG 0x100 READ WRITE",
            "INTX 1 EVENTFD MASKABLE AUTOMASKED",
            "MSI 1 EVENTFD NORESIZE",
            "MSIX 0 EVENTFD NORESIZE",
            "0x50 0x01 PM power management in D0");
  }

  @Test
  void infoOpensTheAudioDspWhenNoDeviceIsNamed() {
    JsonNode json = vflux("info", "--json").json();
    assertThat(json.at("/name").asText()).isEqualTo("emulated:cml");
    assertThat(json.at("/regions")).hasSize(9);
    assertThat(json.at("/irqs").findValuesAsText("index"))
        .isEqualTo(List.of("INTX", "MSI", "MSIX", "REQ"));
    assertThat(json.at("/dma/pageSize").asInt()).isEqualTo(4096);
  }

  @Test
  void configPrintsWordsThenWhatTheyMean() {
    Ran ran = vflux("config", "emulated:edu");
    assertThat(ran.exit()).isZero();
    assertThat(ran.out()).startsWith("0000000 1234 11e8 0002 ").contains("\n0000100\n");
    assertThat(ran.out()).contains("1234:11e8", "0x00ff00", "MSI message signalled interrupts");
  }

  @Test
  void configPrintsBytesLikeTheCanonicalForm() {
    assertThat(vflux("config", "-C", "emulated:edu").out())
        .startsWith("00000000  34 12 e8 11 02 00 10 00  10 00 ff 00 00 00 00 00  |4.");
  }

  @Test
  void configIsJsonToo() {
    JsonNode json = vflux("config", "emulated:edu", "--json").json();
    assertThat(json.at("/hex").asText()).hasSize(512).startsWith("3412e811");
    assertThat(json.at("/decoded/device").asInt()).isEqualTo(0x11e8);
  }

  @ParameterizedTest
  @CsvSource({
    "BAR0 0,0x010000ed",
    "bar0 0x0 --width 32,0x010000ed",
    "CONFIG 0 --width 16,0x1234",
    "CONFIG 2 --width 8,0xe8",
    "CONFIG 0 --width 32,0x11e81234",
    "BAR0 0x80 --width 64,0x0000000000000000"
  })
  void regionReadPrintsTheValue(String arguments, String value) {
    Ran ran = vflux(("region read emulated:edu " + arguments).split(" "));
    assertThat(ran.exit()).isZero();
    assertThat(ran.out()).isEqualTo(value + System.lineSeparator());
  }

  @ParameterizedTest
  @CsvSource({"8,0x5", "16,0x1234", "32,4294967295", "64,0xffffffffffffffff"})
  void regionWriteSaysWhatWasWritten(int width, String value) {
    String offset = width == 64 ? "0x80" : "0x4";
    Ran ran =
        vflux(
            "region", "write", "emulated:edu", "BAR0", offset, value, "--width=" + width, "--json");
    assertThat(ran.exit()).isZero();
    assertThat(Numbers.parseUnsigned(ran.json().at("/value").asText()))
        .isEqualTo(Numbers.parseUnsigned(value));
    assertThat(ran.json().at("/width").asInt()).isEqualTo(width);
  }

  @ParameterizedTest
  @CsvSource({
    "read emulated:edu BAR0 0x100000,0x100000",
    "read emulated:edu BAR0 0xffffffffffffffff,0xffffffffffffffff",
    "read emulated:edu BAR0 2,not a multiple of 4",
    "write emulated:edu BAR0 0x1 1 --width 16,not a multiple of 2",
    "read emulated:edu BAR3 0,BAR3"
  })
  void anAccessThatCannotBeMadeFailsWithOneLine(String arguments, String says) {
    Ran ran = vflux(("region " + arguments).split(" "));
    assertThat(ran.exit()).isEqualTo(1);
    assertThat(ran.out()).isEmpty();
    assertThat(ran.err()).startsWith("vflux: ").contains(says).hasLineCount(1);
  }

  @ParameterizedTest
  @CsvSource({
    "emulated:nothing",
    "emulated:edu?colour=red",
    "emulated:cml?fault=nonsense",
    "emulated:cml?fuse=blown"
  })
  void aBadAddressFailsWithAdvice(String uri) {
    Ran ran = vflux("info", uri);
    assertThat(ran.exit()).isEqualTo(1);
    assertThat(ran.err()).startsWith("vflux: ").contains("; ").hasLineCount(1);
  }
}
