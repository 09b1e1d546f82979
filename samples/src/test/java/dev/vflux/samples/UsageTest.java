package dev.vflux.samples;

import static dev.vflux.samples.Ran.vflux;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UsageTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "nonsense",
        "region",
        "region read",
        "region read emulated:edu BAR9 0",
        "region read emulated:edu BAR0 zero",
        "region read emulated:edu BAR0 0 --width 24",
        "region write emulated:edu BAR0 0x4",
        "region write emulated:edu BAR0 0x4 0x100000000",
        "region write emulated:edu BAR0 0x4 256 --width 8",
        "info emulated:edu emulated:edu",
        "config --hexagonal",
        "play",
        "record",
        "serve emulated:edu",
        "serve emulated:edu --socket s --log everything"
      })
  void anUnclearCommandLineExitsWith2AndOneLine(String line) {
    Ran ran = vflux(line.split(" "));
    assertThat(ran.exit()).isEqualTo(2);
    assertThat(ran.out()).isEmpty();
    assertThat(ran.err()).startsWith("vflux: ").contains("--help'").hasLineCount(1);
  }

  @Test
  void noCommandPrintsTheUsage() {
    Ran ran = vflux();
    assertThat(ran.exit()).isEqualTo(2);
    assertThat(ran.err()).contains("Usage: vflux", "Exit codes:");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"--help", "info --help", "config -h", "region write --help", "play --help"})
  void helpIsData(String line) {
    Ran ran = vflux(line.split(" "));
    assertThat(ran.exit()).isZero();
    assertThat(ran.out()).startsWith("Usage: vflux");
    assertThat(ran.err()).isEmpty();
  }

  @Test
  void versionIsData() {
    assertThat(vflux("--version").out()).startsWith("vflux ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"edu", "emulated:", ":edu", "emulated:edu?x", "nowhere:edu"})
  void anAddressThatNamesNothingFailsWithOneLine(String uri) {
    Ran ran = vflux("info", uri);
    assertThat(ran.exit()).isEqualTo(1);
    assertThat(ran.out()).isEmpty();
    assertThat(ran.err()).startsWith("vflux: open on '" + uri + "': ").hasLineCount(1);
  }

  @Test
  void anErrorIsJsonToo() {
    Ran ran = vflux("info", "nowhere:edu", "--json");
    assertThat(ran.exit()).isEqualTo(1);
    assertThat(ran.json().at("/error/type").asText()).isEqualTo("DeviceUriException");
    assertThat(ran.json().at("/error/answer").asText()).isEqualTo("unknown scheme 'nowhere'");
    assertThat(ran.json().at("/error/isTransient").asBoolean(true)).isFalse();
  }

  @Test
  void traceAddsTheStack() {
    assertThat(vflux("--trace", "info", "nowhere:edu").err()).contains("\tat dev.vflux.");
    assertThat(vflux("info", "nowhere:edu").err()).doesNotContain("\tat ");
  }
}
