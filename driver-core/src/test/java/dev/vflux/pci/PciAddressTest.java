package dev.vflux.pci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PciAddressTest {

  @ParameterizedTest
  @CsvSource({
    "0000:00:1f.3,0000:00:1f.3",
    "00:1f.3,0000:00:1f.3",
    "0000:FF:1F.7,0000:ff:1f.7",
    "10000:e1:00.0,10000:e1:00.0",
    "ffffffff:00:00.0,ffffffff:00:00.0"
  })
  void readsWhatSysfsAndLspciWrite(String text, String full) {
    assertThat(PciAddress.parse(text)).hasToString(full);
    assertThat(PciAddress.parse(full)).isEqualTo(PciAddress.parse(text));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "0",
        "1f.3",
        "00:1f",
        "00:20.0",
        "00:1f.8",
        "000:00:1f.3",
        "0000:000:1f.3",
        "123456789:00:00.0",
        "0000:00:1f.3 ",
        "../../etc",
        "0000:00:1f.3/../x",
        "0000:00:1f.3\n"
      })
  void refusesTheRest(String text) {
    assertThat(PciAddress.find(text)).isEmpty();
    PciException refused = catchThrowableOfType(PciException.class, () -> PciAddress.parse(text));
    assertThat(refused.reason()).isEqualTo(PciException.Reason.BAD_INPUT);
    assertThat(refused.target()).isEqualTo("'" + text + "'");
    assertThat(refused.advice()).contains("lspci");
  }

  @Test
  void refusesPartsOutOfRange() {
    assertThatThrownBy(() -> new PciAddress(0, 0, 32, 0)).isInstanceOf(PciException.class);
    assertThatThrownBy(() -> new PciAddress(-1, 0, 0, 0)).isInstanceOf(PciException.class);
    assertThatThrownBy(() -> new PciAddress(0, 256, 0, 0)).isInstanceOf(PciException.class);
    assertThatThrownBy(() -> new PciAddress(0, 0, 0, -1)).isInstanceOf(PciException.class);
  }

  @Test
  void keepsErrorsShort() {
    assertThatThrownBy(() -> PciAddress.parse("x".repeat(100_000)))
        .satisfies(refused -> assertThat(refused.getMessage()).hasSizeLessThan(300));
  }

  @Test
  void sortsByDomainBusDeviceFunction() {
    List<PciAddress> sorted =
        List.of("0001:00:00.0", "0000:01:00.0", "00:1f.3", "00:1f.0", "00:02.0").stream()
            .map(PciAddress::parse)
            .sorted()
            .toList();
    assertThat(sorted.stream().map(PciAddress::toString))
        .containsExactly(
            "0000:00:02.0", "0000:00:1f.0", "0000:00:1f.3", "0000:01:00.0", "0001:00:00.0");
  }
}
