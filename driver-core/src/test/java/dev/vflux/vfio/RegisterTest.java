package dev.vflux.vfio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class RegisterTest {

  @Test
  void movesWithItsBlock() {
    Register format = Register.of16("SD0FMT", 0x12);
    assertThat(format.at(0x80)).isEqualTo(new Register("SD0FMT", 0x92, 16));
    assertThat(format.at(0x80)).hasToString("SD0FMT@0x92");
    assertThat(Register.of8("A", 3).width()).isEqualTo(8);
    assertThat(Register.of32("A", 4).width()).isEqualTo(32);
    assertThat(Register.of64("A", 8).width()).isEqualTo(64);
  }

  @Test
  void isAlignedAndHasAWidth() {
    assertThatThrownBy(() -> new Register("A", 0, 24)).hasMessageContaining("24");
    assertThatThrownBy(() -> Register.of32("A", 2)).hasMessageContaining("0x2");
    assertThatThrownBy(() -> Register.of64("A", -8)).hasMessageContaining("A");
    assertThatThrownBy(() -> Register.of32("A", 4).at(2)).hasMessageContaining("0x6");
  }
}
