package dev.vflux.hda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.ByteBuffer;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
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
}
