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
    StreamFormat format = new StreamFormat(rate, bits, channels);
    assertThat(format.word()).isEqualTo(Integer.decode(word));
    assertThat(StreamFormat.find(Integer.decode(word))).contains(format);
  }

  @ParameterizedTest
  @CsvSource({
    "0x0911, 48000",
    "0x1311, 36000",
    "0x4911, 44100",
    "0x5011, 132300",
    "0x0711, 6000",
    "0x1211, 48000"
  })
  void whatIsWordedUnusuallyIsUnderstood(String word, int rate) {
    assertThat(StreamFormat.find(Integer.decode(word))).contains(new StreamFormat(rate, 16, 2));
  }

  @ParameterizedTest
  @CsvSource({
    "0x8011", // no PCM
    "0x0091", // reserved bit
    "0x0051", // reserved sizes
    "0x0071", "0x2011", // reserved multipliers
    "0x3811", "0x0611", // 48 kHz / 7
    "0x4711", // 44.1 kHz / 8
    "0x10011", "-1"
  })
  void noWordOfAPcmStream(String word) {
    assertThat(StreamFormat.find(Integer.decode(word))).isEmpty();
  }

  @Test
  void everyWordIsRefusedOrMeansAFormatThatItsOwnWordMeansToo() {
    for (int word = 0; word <= 0xffff; word++) {
      StreamFormat.find(word)
          .ifPresent(format -> assertThat(StreamFormat.find(format.word())).contains(format));
    }
  }

  @ParameterizedTest
  @CsvSource({"8, 1", "16, 2", "20, 4", "24, 4", "32, 4"})
  void samplesLieInContainers(int bits, int bytes) {
    StreamFormat format = new StreamFormat(48_000, bits, 6);
    assertThat(format.containerBytes()).isEqualTo(bytes);
    assertThat(format.frameBytes()).isEqualTo(6 * bytes);
    assertThat(format).hasToString("48000 Hz, " + bits + " bits, 6 channels");
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
