package dev.vflux.vfio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.vflux.vfio.RegisterAccessException.Reason;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.junit.jupiter.api.Test;

class MappedRegisterBlockTest {

  private final ByteBuffer memory = ByteBuffer.allocateDirect(64).order(ByteOrder.BIG_ENDIAN);
  private final MappedRegisterBlock block = RegisterBlock.over("memory", memory);

  @Test
  void everyWidthIsLittleEndian() {
    block.write64(0, 0x8877665544332211L);
    for (int i = 0; i < 8; i++) {
      assertThat(memory.get(i)).isEqualTo((byte) (0x11 * (i + 1)));
      assertThat(block.read8(i)).isEqualTo(0x11 * (i + 1));
    }
    assertThat(block.read16(6)).as("zero-extended").isEqualTo(0x8877);
    assertThat(block.read32(4)).isEqualTo(0x88776655);
    assertThat(block.read64(0)).isEqualTo(0x8877665544332211L);
    block.write8(0, 0x1ff);
    block.write16(2, 0xabcdef);
    block.write32(4, -2);
    assertThat(block.read64(0)).isEqualTo(0xfffffffe_cdef22ffL);
  }

  @Test
  void updatesOnlyTheBitsOfTheMask() {
    block.write64(0, -1L);
    assertThat(block.update8(0, 0x0f, 0xf5)).isEqualTo(0xf5);
    assertThat(block.update16(2, 0xff00, 0)).isEqualTo(0x00ff);
    assertThat(block.update32(4, 0x80000001, 0x80000000)).isEqualTo(-2);
    assertThat(block.read64(0)).isEqualTo(0xfffffffe_00fffff5L);
    assertThat(block.update64(8, 0xff00L, -1L)).isEqualTo(0xff00L);
  }

  @Test
  void copiesBytesFromAnyOffset() {
    for (int offset = 0; offset < 5; offset++) {
      for (int length = 0; length < 12; length++) {
        ByteBuffer source = ByteBuffer.allocate(length + 2).position(1).limit(length + 1);
        for (int i = 0; i < length; i++) {
          source.put(i + 1, (byte) (offset * 16 + i + 1));
        }
        block.write64(0, 0);
        block.write64(8, 0);
        block.write(offset, source);
        assertThat(source.hasRemaining()).isFalse();
        ByteBuffer target = ByteBuffer.allocate(20);
        block.read(0, target);
        for (int i = 0; i < 20; i++) {
          boolean inside = i >= offset && i < offset + length;
          assertThat(target.get(i)).isEqualTo((byte) (inside ? offset * 16 + i - offset + 1 : 0));
        }
      }
    }
  }

  @Test
  void refusesWhatIsOutsideOrMisaligned() {
    for (long offset : new long[] {-1, -8, 64, 57, Long.MAX_VALUE, Long.MIN_VALUE}) {
      assertRefused(Reason.OUT_OF_BOUNDS, () -> block.read64(offset));
    }
    assertRefused(Reason.OUT_OF_BOUNDS, () -> block.read8(64));
    assertRefused(Reason.OUT_OF_BOUNDS, () -> block.write16(63, 0));
    assertRefused(Reason.OUT_OF_BOUNDS, () -> block.update32(64, 0, 0));
    assertRefused(Reason.OUT_OF_BOUNDS, () -> block.read(60, ByteBuffer.allocate(5)));
    assertRefused(Reason.OUT_OF_BOUNDS, () -> block.write(-1, ByteBuffer.allocate(1)));
    assertRefused(Reason.MISALIGNED, () -> block.read16(1));
    assertRefused(Reason.MISALIGNED, () -> block.write32(2, 0));
    assertRefused(Reason.MISALIGNED, () -> block.read64(4));
    RegisterAccessException refused =
        catchThrowableOfType(RegisterAccessException.class, () -> block.read32(0x22));
    assertThat(refused)
        .hasMessage(
            "read32 on memory+0x22: the offset is not a multiple of 4; use an offset that is a"
                + " multiple of the access width");
    assertThat(refused.offset()).isEqualTo(0x22);
  }

  @Test
  void refusesEverythingAfterClose() {
    block.close();
    block.close();
    for (Runnable access :
        List.<Runnable>of(
            () -> block.read8(0),
            () -> block.read16(0),
            () -> block.read32(0),
            () -> block.read64(0),
            () -> block.write8(0, 0),
            () -> block.write16(0, 0),
            () -> block.write32(0, 0),
            () -> block.write64(0, 0),
            () -> block.read(0, ByteBuffer.allocate(1)),
            () -> block.write(0, ByteBuffer.allocate(4)))) {
      assertRefused(Reason.CLOSED, access);
    }
  }

  @Test
  void needsDirectAndAlignedMemory() {
    ByteBuffer heap = ByteBuffer.allocate(8);
    assertThatThrownBy(() -> RegisterBlock.over("heap", heap))
        .isInstanceOf(IllegalArgumentException.class);
    ByteBuffer odd = memory.duplicate().position(4);
    assertThatThrownBy(() -> RegisterBlock.over("odd", odd))
        .isInstanceOf(IllegalArgumentException.class);
    MappedRegisterBlock part = RegisterBlock.over("part", memory.duplicate().position(8).limit(16));
    part.write32(4, 7);
    assertThat(part.size()).isEqualTo(8);
    assertThat(block.read32(12)).isEqualTo(7);
  }

  private static void assertRefused(Reason reason, Runnable access) {
    assertThat(catchThrowableOfType(RegisterAccessException.class, access::run).reason())
        .isEqualTo(reason);
  }
}
