package dev.vflux.hda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vflux.vfio.RegisterBlock;
import java.nio.ByteBuffer;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The walk of LLCH, on lists that are right, wrong and hostile. */
class HdaCapabilitiesTest {

  private static final int BAR0_BYTES = 0x4000;
  private static final int LLCH = 0x14;

  private final RegisterBlock bar0 =
      RegisterBlock.over("BAR0", ByteBuffer.allocateDirect(BAR0_BYTES));

  private void capability(int at, int id, int next) {
    bar0.write32(at, id << 16 | next);
  }

  @Test
  void findsWhatTheListHoldsInItsOrder() {
    bar0.write16(LLCH, 0xc00);
    capability(0xc00, 2, 0x800);
    capability(0x800, 3, 0x500);
    capability(0x500, 1, 0x1f00);
    capability(0x1f00, 5, 0x700);
    capability(0x700, 4, 0);

    HdaCapabilities found = HdaCapabilities.walk(bar0);

    assertThat(found.offsets())
        .containsExactly(
            java.util.Map.entry(2, 0xc00L),
            java.util.Map.entry(3, 0x800L),
            java.util.Map.entry(1, 0x500L),
            java.util.Map.entry(5, 0x1f00L),
            java.util.Map.entry(4, 0x700L));
    assertThat(found.find(3)).hasValue(0x800);
    assertThat(found.find(9)).isEmpty();
  }

  @Test
  void versionBitsAreNotPartOfTheId() {
    bar0.write16(LLCH, 0x800);
    bar0.write32(0x800, 0xf003_0000);
    assertThat(HdaCapabilities.walk(bar0).find(3)).hasValue(0x800);
  }

  @Test
  void anEmptyListIsEmpty() {
    assertThat(HdaCapabilities.walk(bar0).offsets()).isEmpty();
  }

  @Test
  void aLoopEndsTheWalk() {
    bar0.write16(LLCH, 0x800);
    capability(0x800, 3, 0x700);
    capability(0x700, 4, 0x800);
    assertThat(HdaCapabilities.walk(bar0).offsets()).hasSize(2);
  }

  @Test
  void ofTwoWithOneIdTheFirstCounts() {
    bar0.write16(LLCH, 0x800);
    capability(0x800, 3, 0x900);
    capability(0x900, 3, 0);
    assertThat(HdaCapabilities.walk(bar0).find(3)).hasValue(0x800);
  }

  @Test
  void aPointerOutsideTheRegionEndsTheWalk() {
    bar0.write16(LLCH, 0x800);
    capability(0x800, 3, 0xfff0);
    assertThat(HdaCapabilities.walk(bar0).offsets()).containsOnlyKeys(3);
    bar0.write16(LLCH, BAR0_BYTES - 4);
    assertThat(HdaCapabilities.walk(bar0).offsets()).isEmpty();
  }

  @Test
  void aMisalignedPointerEndsTheWalk() {
    bar0.write16(LLCH, 0x802);
    capability(0x800, 3, 0);
    assertThat(HdaCapabilities.walk(bar0).offsets()).isEmpty();
  }

  @Test
  void allOnesEndTheWalk() {
    bar0.write16(LLCH, 0x800);
    capability(0x800, 3, 0x700);
    bar0.write32(0x700, -1);
    assertThat(HdaCapabilities.walk(bar0).offsets()).containsOnlyKeys(3);
    for (int at = 0; at < BAR0_BYTES; at += 4) {
      bar0.write32(at, -1);
    }
    assertThat(HdaCapabilities.walk(bar0).offsets()).isEmpty();
  }

  @Test
  void aListWithoutEndIsLeftAfterTenHops() {
    bar0.write16(LLCH, 0x400);
    for (int i = 0; i < 100; i++) {
      capability(0x400 + 0x10 * i, i + 1, 0x400 + 0x10 * (i + 1));
    }
    assertThat(HdaCapabilities.walk(bar0).offsets()).hasSize(HdaCapabilities.MAX_CAPABILITIES);
  }

  @Test
  void noiseIsSurvivedAndYieldsOnlyOffsetsInsideTheRegion() {
    Random random = new Random(20260101);
    for (int round = 0; round < 500; round++) {
      for (int at = 0; at < BAR0_BYTES; at += 4) {
        bar0.write32(at, random.nextInt());
      }
      HdaCapabilities found = HdaCapabilities.walk(bar0);
      assertThat(found.offsets()).hasSizeLessThanOrEqualTo(HdaCapabilities.MAX_CAPABILITIES);
      assertThat(found.offsets().values())
          .allSatisfy(offset -> assertThat(offset).isBetween(4L, BAR0_BYTES - 0x10L));
    }
  }
}
