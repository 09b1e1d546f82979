package dev.vflux.vfio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.vflux.vfio.DmaException.Reason;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Test;

class IovaSpaceTest {

  private static final long PAGE = 4096;

  private static IovaSpace over(IovaRange... ranges) {
    return new IovaSpace(PAGE, List.of(ranges));
  }

  @Test
  void leavesOutPageZeroAndTheMsiWindow() {
    assertThat(over(new IovaRange(0, (1L << 39) - 1)).ranges())
        .containsExactly(
            new IovaRange(0x1000, 0xfedf_ffffL), new IovaRange(0xfef0_0000L, (1L << 39) - 1));
    assertThat(
            over(new IovaRange(0, 0xfedf_ffffL), new IovaRange(0xfef0_0000L, 0xffff_ffffL))
                .ranges())
        .containsExactly(
            new IovaRange(0x1000, 0xfedf_ffffL), new IovaRange(0xfef0_0000L, 0xffff_ffffL));
    assertThat(over(new IovaRange(0xfee0_0000L, 0xfeef_ffffL)).ranges()).isEmpty();
    assertThat(over(new IovaRange(0xfee8_0000L, 0xfef0_0fffL)).ranges())
        .containsExactly(new IovaRange(0xfef0_0000L, 0xfef0_0fffL));
    assertThat(over(new IovaRange(0, 0xfff)).ranges()).isEmpty();
    assertThat(over(new IovaRange(Long.MAX_VALUE - 5, Long.MAX_VALUE)).ranges()).isEmpty();
  }

  @Test
  void neverHandsOutAPartOfAPage() {
    IovaSpace iovas = over(new IovaRange(0x1800, 0x4700));
    assertThat(iovas.allocate("device", "a", PAGE, Long.MAX_VALUE)).isEqualTo(0x2000);
    assertThat(iovas.allocate("device", "b", PAGE, Long.MAX_VALUE)).isEqualTo(0x3000);
    assertThatThrownBy(() -> iovas.allocate("device", "c", PAGE, Long.MAX_VALUE))
        .isInstanceOf(DmaException.class);
    assertThat(iovas.roundUp(1)).isEqualTo(PAGE);
    assertThat(iovas.roundUp(PAGE)).isEqualTo(PAGE);
    assertThat(iovas.roundUp(PAGE + 1)).isEqualTo(2 * PAGE);
  }

  @Test
  void skipsTheMsiWindow() {
    IovaSpace iovas = over(new IovaRange(0xfedf_f000L, 0xffff_ffffL));
    assertThat(iovas.allocate("device", "a", 2 * PAGE, Long.MAX_VALUE)).isEqualTo(0xfef0_0000L);
    assertThat(iovas.allocate("device", "b", PAGE, Long.MAX_VALUE)).isEqualTo(0xfedf_f000L);
    for (long iova : new long[] {0xfee0_0000L, 0xfeef_f000L, 0xfedf_f000L + PAGE}) {
      assertReason(Reason.NOT_MAPPABLE, () -> iovas.reserve("device", "c", iova, PAGE));
    }
    assertReason(Reason.NOT_MAPPABLE, () -> iovas.reserve("device", "d", 0xfedf_f000L, 2 * PAGE));
  }

  @Test
  void isSharedByDevices() {
    IovaSpace iovas = over(new IovaRange(0, 0xf_ffff));
    assertThat(iovas.allocate("first", "a", PAGE, Long.MAX_VALUE)).isEqualTo(0x1000);
    assertThat(iovas.allocate("second", "b", PAGE, Long.MAX_VALUE)).isEqualTo(0x2000);
    DmaException used =
        catchThrowableOfType(DmaException.class, () -> iovas.reserve("second", "c", 0x1000, PAGE));
    assertThat(used).hasMessageContaining("in use by 'a' of first");
  }

  @Test
  void losesAddressesToADeviceThatJoins() {
    IovaSpace iovas = over(new IovaRange(0, 0xf_ffff));
    assertThat(iovas.allocate("first", "a", PAGE, Long.MAX_VALUE)).isEqualTo(0x1000);
    iovas.restrict(List.of(new IovaRange(0x4000, 0x7fff)));
    assertThat(iovas.ranges()).containsExactly(new IovaRange(0x4000, 0x7fff));
    assertThat(iovas.allocate("second", "b", PAGE, Long.MAX_VALUE)).isEqualTo(0x4000);
    iovas.restrict(List.of(new IovaRange(0, 0xf_ffff)));
    assertThat(iovas.allocate("second", "c", PAGE, Long.MAX_VALUE))
        .as("a stays with its owner")
        .isEqualTo(0x2000);
  }

  @Test
  void refusesEverythingWithoutAnIommu() {
    IovaSpace none = IovaSpace.absent("no IOMMU at all");
    assertThat(none.ranges()).isEmpty();
    for (Runnable call :
        List.<Runnable>of(
            () -> none.allocate("device", "a", PAGE, Long.MAX_VALUE),
            () -> none.reserve("device", "a", 0x1000, PAGE))) {
      DmaException refused = catchThrowableOfType(DmaException.class, call::run);
      assertThat(refused.reason()).isEqualTo(Reason.NOT_MAPPABLE);
      assertThat(refused).hasMessageContaining("no IOMMU at all");
    }
    assertThatThrownBy(() -> new IovaSpace(3000, List.of()))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void respectsALimit() {
    IovaSpace iovas = over(new IovaRange(0, (1L << 39) - 1));
    assertThat(iovas.allocate("device", "low", 0x8000, 0x8fff)).isEqualTo(0x1000);
    DmaException full =
        catchThrowableOfType(
            DmaException.class, () -> iovas.allocate("device", "more", PAGE, 0x8fff));
    assertThat(full.reason()).isEqualTo(Reason.NO_SPACE);
    assertThat(full).hasMessageContaining("0x8fff").hasMessageContaining("more");
    assertThat(iovas.allocate("device", "high", PAGE, 0x9fff)).isEqualTo(0x9000);
  }

  @Test
  void namesTheOwnerOfAnIovaInUse() {
    IovaSpace iovas = over(new IovaRange(0, 0xf_ffff));
    iovas.reserve("device", "position buffer", 0x4000, 0x2000);
    for (long[] range :
        new long[][] {{0x3000, 0x2000}, {0x4000, 0x1000}, {0x5000, 0x3000}, {0x2000, 0x8000}}) {
      DmaException used =
          catchThrowableOfType(
              DmaException.class, () -> iovas.reserve("device", "x", range[0], range[1]));
      assertThat(used.reason()).isEqualTo(Reason.IN_USE);
      assertThat(used).hasMessageContaining("'position buffer'");
    }
    assertReason(Reason.NOT_MAPPABLE, () -> iovas.reserve("device", "x", 0x4001, PAGE));
    assertReason(Reason.NOT_MAPPABLE, () -> iovas.reserve("device", "x", 0, PAGE));
    assertReason(Reason.NOT_MAPPABLE, () -> iovas.reserve("device", "x", -PAGE, PAGE));
    assertReason(Reason.NOT_MAPPABLE, () -> iovas.reserve("device", "x", 0xf_f000, 2 * PAGE));
    iovas.reserve("device", "before", 0x3000, PAGE);
    iovas.reserve("device", "behind", 0x6000, PAGE);
    iovas.release(0x4000);
    iovas.reserve("device", "again", 0x5000, PAGE);
  }

  private static void assertReason(Reason reason, Runnable call) {
    assertThat(catchThrowableOfType(DmaException.class, call::run).reason()).isEqualTo(reason);
  }

  private static final long WINDOW_FIRST = 0xfedf_0000L;
  private static final int WINDOW_PAGES = 0x140;
  private static final int MSI_FIRST_PAGE = 0x10;
  private static final int MSI_LAST_PAGE = 0x10f;

  /** Against an array of pages that is searched from its start: random calls, the same answers. */
  @Test
  void answersLikeAnArrayOfPages() {
    for (int seed = 0; seed < 300; seed++) {
      Random random = new Random(seed);
      IovaSpace iovas = over(new IovaRange(WINDOW_FIRST, WINDOW_FIRST + WINDOW_PAGES * PAGE - 1));
      boolean[] taken = new boolean[WINDOW_PAGES];
      for (int page = MSI_FIRST_PAGE; page <= MSI_LAST_PAGE; page++) {
        taken[page] = true;
      }
      Map<Long, Integer> open = new TreeMap<>();
      for (int step = 0; step < 200; step++) {
        int pages = 1 + random.nextInt(6);
        if (random.nextInt(3) == 0 && !open.isEmpty()) {
          long iova = List.copyOf(open.keySet()).get(random.nextInt(open.size()));
          iovas.release(iova);
          mark(taken, iova, open.remove(iova), false);
        } else if (random.nextBoolean()) {
          int limit = random.nextInt(WINDOW_PAGES);
          boolean whole = random.nextBoolean();
          long maxAddress = WINDOW_FIRST + (limit + 1) * PAGE - (whole ? 1 : 2);
          long expected = lowest(taken, pages, whole ? limit + 1 : limit);
          long got = attempt(() -> iovas.allocate("device", "x", pages * PAGE, maxAddress));
          assertThat(got).as("seed %d step %d", seed, step).isEqualTo(expected);
          remember(taken, open, got, pages);
        } else {
          int first = random.nextInt(WINDOW_PAGES);
          long iova = WINDOW_FIRST + first * PAGE;
          long expected = free(taken, first, pages, WINDOW_PAGES) ? iova : -1;
          long got =
              attempt(
                  () -> {
                    iovas.reserve("device", "x", iova, pages * PAGE);
                    return iova;
                  });
          assertThat(got).as("seed %d step %d", seed, step).isEqualTo(expected);
          remember(taken, open, got, pages);
        }
      }
    }
  }

  private static long attempt(LongSupplier call) {
    try {
      return call.getAsLong();
    } catch (DmaException refused) {
      return -1;
    }
  }

  private static void remember(boolean[] taken, Map<Long, Integer> open, long iova, int pages) {
    if (iova >= 0) {
      open.put(iova, pages);
      mark(taken, iova, pages, true);
    }
  }

  private static void mark(boolean[] taken, long iova, int pages, boolean value) {
    int first = (int) ((iova - WINDOW_FIRST) / PAGE);
    for (int page = first; page < first + pages; page++) {
      taken[page] = value;
    }
  }

  private static long lowest(boolean[] taken, int pages, int end) {
    for (int first = 0; first < WINDOW_PAGES; first++) {
      if (free(taken, first, pages, end)) {
        return WINDOW_FIRST + first * PAGE;
      }
    }
    return -1;
  }

  private static boolean free(boolean[] taken, int first, int pages, int end) {
    for (int page = first; page < first + pages; page++) {
      if (page >= end || taken[page]) {
        return false;
      }
    }
    return true;
  }
}
