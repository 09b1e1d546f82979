package dev.vflux.hda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** SDxFMT against values worked out by hand from HDA 1.0a, 3.7.1. */
class StreamFormatTest {

  @ParameterizedTest
  @CsvSource({
    "8000, 8, 1, 0x0500",
    "9600, 8, 1, 0x0400",
    "11025, 8, 1, 0x4300",
    "16000, 8, 1, 0x0200",
    "22050, 8, 1, 0x4100",
    "32000, 8, 1, 0x0A00",
    "44100, 16, 2, 0x4011",
    "48000, 16, 2, 0x0011",
    "48000, 20, 2, 0x0021",
    "48000, 24, 2, 0x0031",
    "48000, 32, 2, 0x0041",
    "88200, 8, 1, 0x4800",
    "96000, 8, 1, 0x0800",
    "176400, 8, 1, 0x5800",
    "192000, 32, 16, 0x184F"
  })
  void wordHoldsTheFormat(int rate, int bits, int channels, String word) {
    assertThat(new StreamFormat(rate, bits, channels).word()).isEqualTo(Integer.decode(word));
  }

  @Test
  void codeIsLoadedAs48KilohertzMono32Bit() {
    assertThat(StreamFormat.CODE_LOAD.word()).isEqualTo(0x0040);
  }

  @ParameterizedTest
  @CsvSource({
    "0, 16, 2",
    "-48000, 16, 2",
    "48001, 16, 2",
    "48000, 12, 2",
    "48000, 16, 0",
    "48000, 16, 17"
  })
  void whatTheRegisterCannotHoldIsRefused(int rate, int bits, int channels) {
    assertThatIllegalArgumentException().isThrownBy(() -> new StreamFormat(rate, bits, channels));
  }
}
