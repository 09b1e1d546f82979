package dev.vflux.samples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.TypeConversionException;

class NumbersTest {

  @ParameterizedTest
  @CsvSource({"0,0", "255,255", "0xff,255", "0XFF,255", "0xffffffffffffffff,-1"})
  void readsDecimalAndHexadecimal(String text, long value) {
    assertThat(Numbers.parseUnsigned(text)).isEqualTo(value);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "-1", "0x", "ff", "1e3", "0x10000000000000000", "0x-1"})
  void refusesOtherNumbers(String text) {
    assertThatThrownBy(() -> Numbers.parseUnsigned(text))
        .isInstanceOf(TypeConversionException.class)
        .hasMessageContaining("'" + text + "'");
  }

  @ParameterizedTest
  @CsvSource({"250us,PT0.00025S", "100ms,PT0.1S", "5s,PT5S", "2m,PT2M", "PT1H,PT1H"})
  void readsDurations(String text, Duration duration) {
    assertThat(Numbers.parseDuration(text)).isEqualTo(duration);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "5", "s", "-5s", "0s", "PT-1S", "5 s", "9999999999999s"})
  void refusesOtherDurations(String text) {
    assertThatThrownBy(() -> Numbers.parseDuration(text))
        .isInstanceOf(TypeConversionException.class)
        .hasMessageContaining("'" + text + "'");
  }

  @Test
  void printsAsManyDigitsAsTheWidthHas() {
    assertThat(Numbers.hex(0xed, 32)).isEqualTo("0x000000ed");
    assertThat(Numbers.hex(-1, 8)).isEqualTo("0xff");
    assertThat(Numbers.hex(-1, 64)).isEqualTo("0xffffffffffffffff");
    assertThat(Numbers.hex(-1)).isEqualTo("0xffffffffffffffff");
  }
}
