package dev.vflux.emulated;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RegisterFileTest {

  @Test
  void accessesOfEveryWidthSeeTheSameBytes() {
    RegisterFile.Builder builder = RegisterFile.builder(16);
    Cell cell = builder.register("R", 0, 8).rw(-1L);
    RegisterFile file = builder.build();
    file.write(0, 8, 0x8877665544332211L);
    assertThat(file.read(0, 8)).isEqualTo(0x8877665544332211L);
    assertThat(file.read(4, 4)).isEqualTo(0x88776655L);
    assertThat(file.read(2, 2)).isEqualTo(0x4433L);
    assertThat(file.read(7, 1)).isEqualTo(0x88L);
    file.write(3, 1, 0xaa);
    file.write(6, 2, 0xbbcc);
    assertThat(cell.get()).isEqualTo(0xbbcc6655aa332211L);
  }

  /** The stream descriptor of HDA: 3 bytes of control and a status byte in one dword. */
  @Test
  void aWideWriteClearsOnlyTheStatusBitsThatAreOne() {
    RegisterFile.Builder builder = RegisterFile.builder(0x100);
    Cell control = builder.register("SD0CTL", 0x80, 3).rw(0xff001f);
    Cell sts = builder.register("SD0STS", 0x83, 1).w1c(0x1c).reset(0x3c);
    RegisterFile file = builder.build();
    assertThat(file.read(0x80, 4)).isEqualTo(0x3c000000L);
    file.write(0x80, 4, 0x04_10_00_02L);
    assertThat(control.get()).isEqualTo(0x100002);
    assertThat(sts.get()).as("bit 2 cleared, bits 3 and 4 kept, bit 5 read-only").isEqualTo(0x38);
    file.write(0x83, 1, 0x08);
    assertThat(sts.get()).isEqualTo(0x30);
    file.write(0x80, 2, 0xffff);
    assertThat(control.get()).isEqualTo(0x10001f);
    assertThat(sts.get()).isEqualTo(0x30);
  }

  /** WAKEEN and STATESTS: a 32-bit access at the second one begins in the middle of a dword. */
  @Test
  void anAccessMayBeginInsideOneRegisterAndEndInAnother() {
    RegisterFile.Builder builder = RegisterFile.builder(0x20).fill(0xee);
    builder.register("WAKEEN", 0x0c, 2).rw(0x7fff).reset(0x1234);
    Cell statests = builder.register("STATESTS", 0x0e, 2).w1c(0x7fff).reset(0x5);
    RegisterFile file = builder.build();
    assertThat(file.read(0x0c, 4)).isEqualTo(0x00051234L);
    assertThat(file.read(0x0e, 4)).isEqualTo(0xeeee0005L);
    file.write(0x0e, 4, 0xffff0001L);
    assertThat(statests.get()).isEqualTo(0x4);
    assertThat(file.read(0x10, 8)).as("undeclared").isEqualTo(0xeeeeeeeeeeeeeeeeL);
  }

  @Test
  void hooksSeeBeforeAfterWrittenAndMask() {
    List<String> seen = new ArrayList<>();
    RegisterFile.Builder builder = RegisterFile.builder(8);
    builder
        .register("A", 0, 4)
        .rw(0x0000ffff)
        .w1c(0x00ff0000)
        .rw1s(0xff000000L)
        .reset(0x00_ff_12_34L)
        .onWrite((b, a, w, m) -> seen.add(String.format("A %x %x %x %x", b, a, w, m)));
    builder
        .register("B", 4, 4)
        .rw(0xff)
        .onWrite((b, a, w, m) -> seen.add(String.format("B %x %x %x %x", b, a, w, m)));
    RegisterFile file = builder.build();
    file.write(2, 2, 0x8001);
    file.write(0, 8, 0x1_00000005L);
    assertThat(seen)
        .containsExactly(
            "A ff1234 80fe1234 80010000 ffff0000",
            "A 80fe1234 80fe0005 5 ffffffff",
            "B 0 1 1 ffffffff");
  }

  @Test
  void aReadHookIsAskedOncePerAccess() {
    int[] reads = {0};
    RegisterFile.Builder builder = RegisterFile.builder(8);
    Cell cell = builder.register("WALLCLK", 0, 4).reset(7);
    cell.onRead(
        () -> {
          reads[0]++;
          long value = cell.get();
          cell.set(0);
          return value + 0x1_0000_0000L;
        });
    RegisterFile file = builder.build();
    assertThat(file.read(0, 4)).as("clears on read, bits beyond the width dropped").isEqualTo(7);
    assertThat(file.read(0, 8)).isZero();
    assertThat(reads[0]).isEqualTo(2);
  }

  @Test
  void theModelMaySetAnyBitAndResetsAll() {
    RegisterFile.Builder builder = RegisterFile.builder(0x400);
    Cell readOnly = builder.register("RO", 0, 2).reset(0x1234);
    MemoryArea memory = builder.memory("SRAM", 0x100, 0x200);
    RegisterFile file = builder.build();
    file.write(0, 2, 0xffff);
    assertThat(readOnly.get()).isEqualTo(0x1234);
    readOnly.set(0x1_ffff);
    assertThat(file.read(0, 2)).isEqualTo(0xffff);
    readOnly.clearBits(0xf0);
    readOnly.setBits(0x10);
    assertThat(readOnly.get()).isEqualTo(0xff1f);
    assertThat(readOnly.has(0x1f)).isTrue();
    assertThat(readOnly.has(0x20 | 0x1)).isFalse();
    file.write(0x100, 4, 0x11223344);
    file.reset();
    assertThat(readOnly.get()).isEqualTo(0x1234);
    assertThat(memory.bytes().getInt(0)).isZero();
  }

  @Test
  void memoryIsSharedByDriverAndModel() {
    RegisterFile.Builder builder = RegisterFile.builder(0x1000).fill(0xff);
    MemoryArea memory = builder.memory("SRAM", 0x0f0, 0x320);
    RegisterFile file = builder.build();
    for (int i = 0; i < 0x320; i++) {
      file.write(0xf0 + i, 1, i * 7L);
    }
    byte[] content = new byte[0x320];
    memory.get(0, ByteBuffer.wrap(content));
    for (int i = 0; i < content.length; i++) {
      assertThat(content[i]).isEqualTo((byte) (i * 7));
    }
    memory.put(0x10e, ByteBuffer.wrap(new byte[] {1, 2, 3, 4, 5, 6, 7, 8}));
    assertThat(file.read(0x1fe, 8)).as("over a page's edge").isEqualTo(0x0807060504030201L);
    assertThat(file.read(0x1fe, 4)).isEqualTo(0x04030201L);
    assertThat(file.read(0x200, 2)).isEqualTo(0x0403L);
    file.write(0x408, 8, 0x1122334455667788L);
    assertThat(file.read(0x40c, 4)).isEqualTo(0x11223344L);
    assertThat(file.read(0x40e, 4)).as("its end").isEqualTo(0xffff1122L);
    assertThatThrownBy(() -> memory.put(0x31f, ByteBuffer.allocate(2)))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void refusesDeclarationsThatCannotBe() {
    RegisterFile.Builder builder = RegisterFile.builder(0x100);
    Cell cell = builder.register("A", 0x10, 4).rw(0xf);
    assertThatThrownBy(() -> builder.register("B", 0x13, 1)).hasMessageContaining("overlaps A");
    assertThatThrownBy(() -> builder.memory("M", 0x0, 0x11)).hasMessageContaining("overlaps A");
    assertThatThrownBy(() -> builder.register("C", 0xfd, 4)).hasMessageContaining("fit");
    assertThatThrownBy(() -> builder.register("D", -1, 4)).hasMessageContaining("fit");
    assertThatThrownBy(() -> builder.register("E", 0, 9)).hasMessageContaining("9 bytes");
    assertThatThrownBy(() -> cell.w1c(0x8)).hasMessageContaining("declared already");
    assertThatThrownBy(() -> cell.rw1s(0x1_0000_0000L)).hasMessageContaining("too wide");
    cell.onWrite((b, a, w, m) -> {}).onRead(() -> 0);
    assertThatThrownBy(() -> cell.onWrite((b, a, w, m) -> {}))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> cell.onRead(() -> 0)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> builder.fill(1)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> RegisterFile.builder(0).build())
        .isInstanceOf(IllegalArgumentException.class);
  }

  private enum Kind {
    RO,
    RW,
    W1C,
    RW1S
  }

  /** Against a model that knows only single bits: random registers, random accesses. */
  @Test
  void behavesBitByBitAsDeclared() {
    for (int seed = 0; seed < 200; seed++) {
      Random random = new Random(seed);
      int size = 24 + random.nextInt(300);
      int fill = random.nextInt(256);
      Kind[] kinds = new Kind[size * 8];
      boolean[] bits = new boolean[size * 8];
      for (int i = 0; i < bits.length; i++) {
        kinds[i] = Kind.RO;
        bits[i] = (fill >> (i % 8) & 1) != 0;
      }
      RegisterFile.Builder builder = RegisterFile.builder(size).fill(fill);
      declareRandomly(random, size, builder, kinds, bits);
      RegisterFile file = builder.build();
      for (int step = 0; step < 300; step++) {
        int width = 1 << random.nextInt(4);
        int offset = random.nextInt(size - width + 1);
        long value = random.nextLong();
        if (random.nextBoolean()) {
          file.write(offset, width, value);
          writeBits(kinds, bits, offset, width, value);
        }
        long mask = width == 8 ? -1L : (1L << (8 * width)) - 1;
        assertThat(file.read(offset, width) & mask)
            .as("seed %d step %d", seed, step)
            .isEqualTo(readBits(bits, offset, width));
      }
    }
  }

  private static void declareRandomly(
      Random random, int size, RegisterFile.Builder builder, Kind[] kinds, boolean[] bits) {
    for (int at = random.nextInt(3); at < size - 8; at += random.nextInt(4)) {
      int width = 1 + random.nextInt(8);
      long mask = width == 8 ? -1L : (1L << (8 * width)) - 1;
      long reset = random.nextLong() & mask;
      long rw = random.nextLong() & mask;
      long w1c = random.nextLong() & mask & ~rw;
      long rw1s = random.nextLong() & mask & ~rw & ~w1c;
      builder.register("R" + at, at, width).reset(reset).rw(rw).w1c(w1c).rw1s(rw1s);
      for (int bit = 0; bit < width * 8; bit++) {
        long one = 1L << bit;
        bits[at * 8 + bit] = (reset & one) != 0;
        kinds[at * 8 + bit] =
            (rw & one) != 0
                ? Kind.RW
                : (w1c & one) != 0 ? Kind.W1C : (rw1s & one) != 0 ? Kind.RW1S : Kind.RO;
      }
      at += width;
    }
  }

  private static void writeBits(Kind[] kinds, boolean[] bits, int offset, int width, long value) {
    for (int bit = 0; bit < width * 8; bit++) {
      int i = offset * 8 + bit;
      boolean one = (value >>> bit & 1) != 0;
      switch (kinds[i]) {
        case RW -> bits[i] = one;
        case W1C -> bits[i] &= !one;
        case RW1S -> bits[i] |= one;
        case RO -> {}
      }
    }
  }

  private static long readBits(boolean[] bits, int offset, int width) {
    long value = 0;
    for (int bit = 0; bit < width * 8; bit++) {
      value |= bits[offset * 8 + bit] ? 1L << bit : 0;
    }
    return value;
  }
}
