package dev.vflux.hda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.ByteBuffer;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The list's cut and its bytes. */
class BufferDescriptorListTest {

  @Test
  void aFirmwareOf0x88000BytesIs136Pages() {
    BufferDescriptorList list = BufferDescriptorList.over(0x10_0000, 0x88000);
    assertThat(list.entries()).hasSize(136);
    assertThat(list.lastValidIndex()).isEqualTo(135);
    assertThat(list.cyclicBufferLength()).isEqualTo(0x88000);
    assertThat(list.entries().subList(0, 135)).noneMatch(BufferDescriptorList.Entry::interrupt);
    assertThat(list.entries().get(135).interrupt()).isTrue();
  }

  @Test
  void entriesAreEncodedLittleEndian() {
    ByteBuffer bytes = BufferDescriptorList.over(0x1_2345_6780L, 4096 + 300).encode();
    byte[] copy = new byte[bytes.remaining()];
    bytes.get(copy);
    assertThat(HexFormat.of().formatHex(copy))
        .isEqualTo(
            "80674523"
                + "01000000"
                + "00100000"
                + "00000000"
                + "80774523"
                + "01000000"
                + "2c010000"
                + "01000000");
  }

  @ParameterizedTest
  @ValueSource(
      ints = {
        129,
        200,
        256,
        257,
        4095,
        4096,
        4097,
        8192,
        0x88300,
        1 << 20,
        (1 << 20) + 1,
        (64 << 20) - 5
      })
  void everyLengthGivesTwoTo256AlignedPiecesThatAddUp(int length) {
    BufferDescriptorList list = BufferDescriptorList.over(0x1000, length);
    assertThat(list.entries().size()).isBetween(2, 256);
    assertThat(list.cyclicBufferLength()).isEqualTo(length);
    assertThat(list.entries())
        .allSatisfy(
            entry -> {
              assertThat(entry.address() % 128).isZero();
              assertThat(entry.length()).isPositive();
            });
    assertThat(list.entries().stream().filter(BufferDescriptorList.Entry::interrupt)).hasSize(1);
  }

  @Test
  void whatNoListCanDescribeIsRefused() {
    assertThatExceptionOfType(HdaException.class)
        .isThrownBy(() -> BufferDescriptorList.over(0x1000, 128))
        .satisfies(e -> assertThat(e.reason()).isEqualTo(HdaException.Reason.BAD_BUFFER));
    assertThatExceptionOfType(HdaException.class)
        .isThrownBy(() -> BufferDescriptorList.over(0x1040, 4096))
        .withMessageContaining("0x1040");
  }

  @ParameterizedTest
  @CsvSource({
    "1920, 4, 5", // one crosses a page
    "4096, 2, 2",
    "1764, 100, 143",
    "4, 256, 256",
    "65536, 16, 256",
    "65540, 16, 16", // a page more: too many pieces
    "4100, 255, 255",
    "8388604, 256, 256"
  })
  void everyPeriodEndsWithAnInterrupt(int periodBytes, int periods, int entries) {
    BufferDescriptorList list = BufferDescriptorList.periods(0x10_0000, periodBytes, periods);
    assertThat(list.entries()).hasSize(entries);
    assertThat(list.periodBytes()).isEqualTo(periodBytes);
    assertThat(list.cyclicBufferLength()).isEqualTo(periodBytes * periods);
    long at = 0x10_0000;
    int interrupts = 0;
    for (BufferDescriptorList.Entry entry : list.entries()) {
      assertThat(entry.address()).isEqualTo(at);
      assertThat(entry.length()).isPositive();
      at += entry.length();
      boolean end = (at - 0x10_0000) % periodBytes == 0;
      assertThat(entry.interrupt()).isEqualTo(end);
      interrupts += entry.interrupt() ? 1 : 0;
      if (entries > periods) {
        assertThat(entry.address() / 4096).isEqualTo((at - 1) / 4096);
      }
    }
    assertThat(interrupts).isEqualTo(periods);
  }

  @ParameterizedTest
  @CsvSource({
    "0x1040, 1920, 4",
    "0x1000, 0, 4",
    "0x1000, -4, 4",
    "0x1000, 1922, 4",
    "0x1000, 1920, 1",
    "0x1000, 1920, 257",
    "0x1000, 8388608, 256"
  })
  void ringsThatNoListCanDescribeAreRefused(String iova, int periodBytes, int periods) {
    assertThatExceptionOfType(HdaException.class)
        .isThrownBy(() -> BufferDescriptorList.periods(Long.decode(iova), periodBytes, periods))
        .withMessageContaining(periods + " periods of " + periodBytes + " bytes")
        .satisfies(e -> assertThat(e.reason()).isEqualTo(HdaException.Reason.BAD_BUFFER));
  }
}
