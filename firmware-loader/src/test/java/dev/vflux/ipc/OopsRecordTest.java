package dev.vflux.ipc;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The record of a panic, offsets typed from header.h, xtensa.h and trace.h; and damaged ones. */
class OopsRecordTest {

  private static final int SIZE = 124 + 4 * 16;

  private final ByteBuffer window = ByteBuffer.allocate(0x800).order(ByteOrder.LITTLE_ENDIAN);

  OopsRecordTest() {
    window.putInt(0, 1).putInt(4, SIZE).putInt(16, 16).putInt(20, SIZE).putInt(24, 0xbe00_1000);
    for (int at = 28; at < SIZE; at += 4) {
      window.putInt(at, 0x1000 + at);
    }
    window.putInt(SIZE, 44).putInt(SIZE + 4, 0x0dea_d00b).putInt(SIZE + 40, 123);
    window.put(SIZE + 8, "src/audio/host.c\0".getBytes(StandardCharsets.US_ASCII));
    for (int i = 0; i < 64; i++) {
      window.putInt(SIZE + 44 + 4 * i, i);
    }
  }

  private OopsRecord parsed() {
    return OopsRecord.parse(window).orElseThrow();
  }

  @Test
  void saysWhereTheFirmwareWasAndWhy() {
    OopsRecord oops = parsed();
    assertThat(oops.registers())
        .containsEntry("exccause", 0x1000 + 28)
        .containsEntry("excvaddr", 0x1000 + 32)
        .containsEntry("ps", 0x1000 + 36)
        .containsEntry("epc1", 0x1000 + 40)
        .containsEntry("epc7", 0x1000 + 64)
        .containsEntry("eps2", 0x1000 + 68)
        .containsEntry("eps7", 0x1000 + 88)
        .containsEntry("depc", 0x1000 + 92)
        .containsEntry("intenable", 0x1000 + 96)
        .containsEntry("interrupt", 0x1000 + 100)
        .containsEntry("sar", 0x1000 + 104)
        .containsEntry("debugcause", 0x1000 + 108)
        .containsEntry("windowbase", 0x1000 + 112)
        .containsEntry("windowstart", 0x1000 + 116)
        .containsEntry("excsave1", 0x1000 + 120)
        .containsEntry("ar0", 0x1000 + 124)
        .containsEntry("ar15", 0x1000 + 184)
        .hasSize(24 + 16);
    assertThat(oops.stackPointer()).isEqualTo(0xbe00_1000);
    assertThat(oops.code().map(IpcMessage::primary)).hasValue(0x0dea_d00b);
    assertThat(oops.file()).isEqualTo("src/audio/host.c");
    assertThat(oops.line()).isEqualTo(123);
    assertThat(oops.stack()).hasSize(OopsRecord.STACK_WORDS).startsWith(0, 1, 2);
    assertThat(oops.describe())
        .startsWith("panic: assertion at src/audio/host.c:123, exccause 4124, excvaddr 0x00001020");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 123, 0x401, 0x800, Integer.MAX_VALUE, -1, Integer.MIN_VALUE})
  void aSizeThatCannotBeIsNoRecord(int size) {
    window.putInt(4, size);
    assertThat(OopsRecord.parse(window)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 17, 1 << 30, Integer.MIN_VALUE, Integer.MAX_VALUE})
  void moreRegistersThanTheRecordHasAreNotRead(int count) {
    window.putInt(16, count);
    assertThat(parsed().registers()).hasSize(24 + 16);
  }

  @Test
  void aWindowThatEndsEarlyGivesWhatIsInIt() {
    for (int length = 0; length <= window.limit(); length++) {
      ByteBuffer cut = window.slice(0, length);
      if (length < SIZE) {
        assertThat(OopsRecord.parse(cut)).as("%d bytes", length).isEmpty();
      } else {
        OopsRecord oops = OopsRecord.parse(cut).orElseThrow();
        assertThat(oops.code().isPresent()).isEqualTo(length >= SIZE + 44);
        assertThat(oops.stack())
            .hasSize(Math.min(OopsRecord.STACK_WORDS, Math.max(0, (length - SIZE - 44) / 4)));
      }
    }
  }

  @Test
  void withoutAPanicCodeNothingBehindTheRegistersIsBelieved() {
    window.putInt(SIZE + 4, 0xdead);
    assertThat(parsed().code()).isEmpty();
    assertThat(parsed().file()).isEmpty();
    assertThat(parsed().line()).isZero();
    assertThat(parsed().describe()).startsWith("no panic code, exccause");
  }

  @Test
  void aFileNameCannotReachTheTerminalAndEnds() {
    window.put(SIZE + 8, new byte[] {27, '[', '2', 'J'});
    for (int i = 4; i < 32; i++) {
      window.put(SIZE + 8 + i, (byte) 'x');
    }
    assertThat(parsed().file()).startsWith("?[2Jxxx").hasSize(31);
  }

  @Test
  void garbageIsBounded() {
    Random random = new Random(7);
    for (int i = 0; i < 2_000; i++) {
      random.nextBytes(window.array());
      if (i % 2 == 0) {
        window.putInt(4, random.nextInt(0x500));
      }
      OopsRecord.parse(window)
          .ifPresent(
              oops -> {
                Map<String, Integer> registers = oops.registers();
                assertThat(registers.size()).isBetween(24, 24 + (0x400 - 124) / 4);
                assertThat(oops.stack()).hasSize(OopsRecord.STACK_WORDS);
                assertThat(oops.describe()).isNotBlank();
              });
    }
  }
}
