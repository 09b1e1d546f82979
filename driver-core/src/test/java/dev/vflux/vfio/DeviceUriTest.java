package dev.vflux.vfio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DeviceUriTest {

  @Test
  void readsSchemePathAndOptions() {
    assertThat(DeviceUri.parse("emulated:edu"))
        .isEqualTo(new DeviceUri("emulated", "edu", Map.of()));
    assertThat(DeviceUri.parse("vfio:0000:00:1f.3").path()).isEqualTo("0000:00:1f.3");
    assertThat(DeviceUri.parse("vfio-user:/run/a b.sock?x=").name())
        .isEqualTo("vfio-user:/run/a b.sock");
    DeviceUri uri = DeviceUri.parse("emulated:cml?fault=a%3A1&speed=3&fault=b+c&eq=x=y&%C3%A4=%26");
    assertThat(uri.options())
        .containsExactly(
            Map.entry("fault", "a:1,b+c"),
            Map.entry("speed", "3"),
            Map.entry("eq", "x=y"),
            Map.entry("ä", "&"));
    assertThatThrownBy(() -> uri.options().put("a", "b"))
        .isInstanceOf(UnsupportedOperationException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ":",
        "edu",
        "emulated",
        "emulated:",
        ":edu",
        "emulated:?a=b",
        "emulated:edu?",
        "emulated:edu?a",
        "emulated:edu?=b",
        "emulated:edu?a=b&",
        "emulated:edu?a=b&&c=d",
        "emulated:edu?a=%",
        "emulated:edu?a=%4",
        "emulated:edu?a=%zz",
        "emulated:edu?%=1",
        "?a=b:c"
      })
  void refusesWhatIsNoAddress(String text) {
    DeviceUriException refused =
        catchThrowableOfType(DeviceUriException.class, () -> Devices.open(text));
    assertThat(refused.target()).isEqualTo("'" + text + "'");
    assertThat(refused.answer()).isNotEmpty();
  }

  @ParameterizedTest
  @CsvSource({"warp:edu, unknown scheme 'warp'", "EMULATED:edu, unknown scheme 'EMULATED'"})
  void namesTheSchemesItKnows(String uri, String answer) {
    assertThatThrownBy(() -> Devices.open(uri))
        .isInstanceOf(DeviceUriException.class)
        .hasMessageContaining(answer)
        .hasMessageContaining("known schemes: emulated");
  }

  @Test
  void keepsItsErrorsShort() {
    String text = "emulated:" + "x".repeat(100_000);
    assertThatThrownBy(() -> Devices.open(text))
        .isInstanceOf(DeviceUriException.class)
        .satisfies(refused -> assertThat(refused.getMessage()).hasSizeLessThan(600));
    String scheme = "s".repeat(4000) + ":x";
    assertThatThrownBy(() -> Devices.open(scheme))
        .satisfies(refused -> assertThat(refused.getMessage()).hasSizeLessThan(800));
  }
}
