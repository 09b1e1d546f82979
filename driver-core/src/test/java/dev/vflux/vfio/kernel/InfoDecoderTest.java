package dev.vflux.vfio.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vflux.vfio.IovaRange;
import dev.vflux.vfio.IrqIndex;
import dev.vflux.vfio.IrqInfo;
import dev.vflux.vfio.IrqInfo.Flag;
import dev.vflux.vfio.RegionIndex;
import dev.vflux.vfio.RegionInfo;
import dev.vflux.vfio.RegionInfo.Window;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Structures byte by byte, as include/uapi/linux/vfio.h lays them out; honest ones and others. */
class InfoDecoderTest {

  private static final long PAGE = 4096;
  private static final int MMAP_AND_CAPS = 0xf;

  private static ByteBuffer bytes(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static ByteBuffer region(int size, int flags, int capOffset, long regionSize) {
    return bytes(size)
        .putInt(0, size)
        .putInt(4, flags)
        .putInt(12, capOffset)
        .putLong(16, regionSize);
  }

  private static List<Window> windows(ByteBuffer info) {
    return InfoDecoder.region(RegionIndex.BAR0, info, PAGE).windows();
  }

  /** Writes a capability header. */
  private static void cap(ByteBuffer info, int at, int id, int next) {
    info.putShort(at, (short) id).putShort(at + 2, (short) 1).putInt(at + 4, next);
  }

  @Test
  void readsARegion() {
    RegionInfo whole = InfoDecoder.region(RegionIndex.BAR2, region(32, 0x7, 0, 0x100000), PAGE);
    assertThat(whole.index()).isEqualTo(RegionIndex.BAR2);
    assertThat(whole.size()).isEqualTo(0x100000);
    assertThat(whole.flags()).isEqualTo(Set.of(RegionInfo.Flag.values()));
    assertThat(whole.windows()).containsExactly(new Window(0, 0x100000));
    RegionInfo rom = InfoDecoder.region(RegionIndex.ROM, region(32, 0x1, 0, 0x40000), PAGE);
    assertThat(rom.flags()).containsExactly(RegionInfo.Flag.READ);
    assertThat(rom.windows()).isEmpty();
    assertThat(InfoDecoder.region(RegionIndex.BAR0, region(32, 0x7, 0, -1), PAGE).present())
        .as("a size beyond 2^63")
        .isFalse();
  }

  @Test
  void mapsEverythingBesideAnMsixTable() {
    ByteBuffer info = region(40, MMAP_AND_CAPS, 32, 0x4000);
    cap(info, 32, 3, 0);
    assertThat(windows(info)).containsExactly(new Window(0, 0x4000));
  }

  @Test
  void readsSparseWindowsBehindAnotherCapability() {
    ByteBuffer info = region(96, MMAP_AND_CAPS, 32, 0x4000);
    cap(info, 32, 3, 40);
    cap(info, 40, 1, 0);
    info.putInt(48, 2).putLong(56, 0).putLong(64, 0x1000).putLong(72, 0x2000).putLong(80, 0x2000);
    assertThat(windows(info)).containsExactly(new Window(0, 0x1000), new Window(0x2000, 0x2000));
  }

  @Test
  void mapsNothingWithoutTheChainThatMayForbidIt() {
    assertThat(windows(region(32, MMAP_AND_CAPS, 0, 0x4000))).isEmpty();
  }

  @Test
  void leavesOutWindowsThatLieOutside() {
    long[][] lies = {
      {0x4000, 0x1000},
      {0x3000, 0x2000},
      {-0x1000, 0x1000},
      {0x1000, -1},
      {0, 0},
      {0x800, 0x800},
      {Long.MAX_VALUE & -PAGE, 0x1000},
      {0x1000, Long.MAX_VALUE}
    };
    for (long[] lie : lies) {
      ByteBuffer info = region(80, MMAP_AND_CAPS, 32, 0x4000);
      cap(info, 32, 1, 0);
      info.putInt(40, 2).putLong(48, lie[0]).putLong(56, lie[1]).putLong(64, 0).putLong(72, PAGE);
      assertThat(windows(info)).as("%x+%x", lie[0], lie[1]).containsExactly(new Window(0, PAGE));
    }
  }

  @Test
  void believesNoCount() {
    for (int count : new int[] {3, 1000, Integer.MAX_VALUE, -1, Integer.MIN_VALUE}) {
      ByteBuffer info = region(64, MMAP_AND_CAPS, 32, 0x4000);
      cap(info, 32, 1, 0);
      info.putInt(40, count).putLong(48, 0).putLong(56, 0x1000);
      assertThat(windows(info)).hasSize(count > 0 ? 1 : 0);
    }
  }

  @Test
  void survivesLoopsAndWildChains() {
    ByteBuffer loop = region(64, MMAP_AND_CAPS, 32, 0x4000);
    cap(loop, 32, 7, 40);
    cap(loop, 40, 8, 32);
    assertThat(InfoDecoder.find(loop, 32, 1)).isEmpty();
    assertThat(InfoDecoder.find(loop, 32, 8)).isPresent();
    cap(loop, 40, 8, 40);
    assertThat(InfoDecoder.find(loop, 32, 1)).isEmpty();
    for (int wild : new int[] {-1, 57, 63, 64, 1 << 30, Integer.MIN_VALUE, Integer.MAX_VALUE}) {
      cap(loop, 40, 8, wild);
      assertThat(InfoDecoder.find(loop, 32, 1)).as("next %d", wild).isEmpty();
      assertThat(InfoDecoder.find(loop, wild, 1)).as("first %d", wild).isEmpty();
    }
    ByteBuffer cut = region(42, MMAP_AND_CAPS, 32, 0x4000);
    cap(cut, 32, 1, 0);
    assertThat(windows(cut)).as("a list that is cut off").isEmpty();
  }

  @Test
  void survivesRandomBytes() {
    Random random = new Random(7);
    for (int i = 0; i < 20_000; i++) {
      byte[] noise = new byte[32 + random.nextInt(64)];
      random.nextBytes(noise);
      ByteBuffer info = ByteBuffer.wrap(noise).order(ByteOrder.LITTLE_ENDIAN);
      info.putInt(12, random.nextInt(noise.length));
      info.putInt(16, random.nextInt(noise.length));
      RegionInfo region = InfoDecoder.region(RegionIndex.BAR1, info, PAGE);
      for (Window window : region.windows()) {
        assertThat(window.offset()).isBetween(0L, region.size() - 1);
        assertThat(window.size()).isBetween(1L, region.size() - window.offset());
      }
      for (IovaRange range : InfoDecoder.iovaRanges(info)) {
        assertThat(range.first()).isNotNegative();
      }
      assertThat(InfoDecoder.mappingsLeft(info).orElse(0)).isNotNegative();
      assertThat(InfoDecoder.affected(info)).hasSizeLessThanOrEqualTo(noise.length / 8);
    }
  }

  @Test
  void readsAnInterruptIndex() {
    ByteBuffer info = bytes(16).putInt(4, 0x7).putInt(12, 1);
    assertThat(InfoDecoder.irq(IrqIndex.INTX, info))
        .isEqualTo(
            new IrqInfo(IrqIndex.INTX, 1, Set.of(Flag.EVENTFD, Flag.MASKABLE, Flag.AUTOMASKED)));
    info.putInt(4, 0x9).putInt(12, 16);
    assertThat(InfoDecoder.irq(IrqIndex.MSI, info))
        .isEqualTo(new IrqInfo(IrqIndex.MSI, 16, Set.of(Flag.EVENTFD, Flag.NORESIZE)));
    info.putInt(12, -5);
    assertThat(InfoDecoder.irq(IrqIndex.MSI, info).count()).isZero();
  }

  @Test
  void readsWhatAnIommuMaps() {
    ByteBuffer info = bytes(24 + 48 + 16).putInt(4, 3).putLong(8, 0x40201000L).putInt(16, 24);
    cap(info, 24, 1, 72);
    info.putInt(32, 2).putLong(40, 0).putLong(48, 0xfedf_ffffL);
    info.putLong(56, 0xfef0_0000L).putLong(64, -1);
    cap(info, 72, 3, 0);
    info.putInt(80, 65535);
    assertThat(InfoDecoder.pageSize(info)).isEqualTo(4096);
    assertThat(InfoDecoder.iovaRanges(info))
        .containsExactly(
            new IovaRange(0, 0xfedf_ffffL), new IovaRange(0xfef0_0000L, Long.MAX_VALUE));
    assertThat(InfoDecoder.mappingsLeft(info)).isEqualTo(OptionalLong.of(65535));
    info.putInt(80, -1);
    assertThat(InfoDecoder.mappingsLeft(info)).isEqualTo(OptionalLong.of(0xffff_ffffL));
    info.putInt(4, 0);
    assertThat(InfoDecoder.pageSize(info)).isZero();
    assertThat(InfoDecoder.iovaRanges(info)).isEmpty();
    assertThat(InfoDecoder.mappingsLeft(info)).isEmpty();
  }

  @Test
  void readsWhomAHotResetHits() {
    ByteBuffer info = bytes(12 + 16).putInt(8, 2);
    info.putInt(12, 7).putShort(16, (short) 0).put(18, (byte) 2).put(19, (byte) 0x08);
    info.putInt(20, 7).putShort(24, (short) 0xabcd).put(26, (byte) 0xff).put(27, (byte) 0xfb);
    assertThat(InfoDecoder.affected(info)).containsExactly("0000:02:01.0", "abcd:ff:1f.3");
    info.putInt(8, 1 << 30);
    assertThat(InfoDecoder.affected(info)).hasSize(2);
  }
}
