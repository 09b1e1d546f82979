package dev.vflux.vfio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.vflux.testing.Await;
import dev.vflux.testing.LeakCheck;
import dev.vflux.vfio.DmaException.Reason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(LeakCheck.class)
class DmaTest {

  private final FakeBackend backend = new FakeBackend();
  private final Device device = Device.of(backend);
  private final Dma dma = device.dma();

  @AfterEach
  void close() {
    backend.failing.clear();
    device.close();
  }

  @Test
  void mapsWholePagesOfZeroes() throws IOException {
    try (DmaBuffer buffer = dma.allocate("small", 5)) {
      DmaMapping mapping = backend.mapped.get(0);
      assertThat(mapping.size()).isEqualTo(4096);
      assertThat(mapping.address() % 4096).isZero();
      assertThat(mapping.iova()).isEqualTo(buffer.iova()).isEqualTo(0x1000);
      ByteBuffer whole = ByteBuffer.allocate(4096);
      mapping.memory().read(0, whole);
      assertThat(whole.array()).isEqualTo(new byte[4096]);
      assertThat(buffer.size()).isEqualTo(5);
      assertThat(buffer.words().size()).isEqualTo(5);
      assertThat(buffer.owner()).isEqualTo("small");
      assertThat(buffer.words().read32(0)).isZero();
      assertThat(dma.buffers()).containsExactly(buffer);
      assertThat(Resources.open().iovas()).isPositive();
    }
    assertThat(dma.buffers()).isEmpty();
    assertThat(backend.mapped).isEmpty();
  }

  @Test
  void copiesBytesInAndOut() {
    DmaBuffer buffer = dma.allocate("buffer", 100);
    ByteBuffer source = ByteBuffer.wrap(new byte[] {9, 1, 2, 3, 4}).position(1);
    buffer.write(96, source);
    assertThat(source.hasRemaining()).isFalse();
    assertThat(buffer.words().read32(96)).as("little-endian").isEqualTo(0x04030201);
    ByteBuffer target = ByteBuffer.allocate(3).position(1);
    buffer.read(97, target);
    assertThat(target.array()).containsExactly(0, 2, 3);
    for (long offset : new long[] {-1, 97, 100, Long.MAX_VALUE, Long.MIN_VALUE}) {
      assertReason(Reason.OUT_OF_BOUNDS, () -> buffer.write(offset, ByteBuffer.allocate(4)));
      assertReason(Reason.OUT_OF_BOUNDS, () -> buffer.read(offset, ByteBuffer.allocate(4)));
    }
  }

  @Test
  void isGoneAfterClose() {
    DmaBuffer buffer = dma.allocate("buffer", 4096);
    long iova = buffer.iova();
    buffer.close();
    buffer.close();
    assertReason(Reason.CLOSED, () -> buffer.write(0, ByteBuffer.allocate(1)));
    assertReason(Reason.CLOSED, () -> buffer.read(0, ByteBuffer.allocate(1)));
    assertThatThrownBy(() -> buffer.words().write8(0, 1))
        .isInstanceOf(RegisterAccessException.class);
    assertThat(dma.allocate("next", 4096).iova()).as("reused").isEqualTo(iova);
  }

  @ParameterizedTest
  @ValueSource(longs = {0, -1, Long.MIN_VALUE, 1L << 31, Long.MAX_VALUE})
  void refusesSizesThatCannotBe(long size) {
    assertReason(Reason.BAD_SIZE, () -> dma.allocate("x", size));
    assertReason(Reason.BAD_SIZE, () -> dma.allocateAt("x", size, 0x1000));
    assertThat(dma.buffers()).isEmpty();
  }

  @Test
  void refusesTheMsiWindow() {
    assertReason(Reason.NOT_MAPPABLE, () -> dma.allocateAt("x", 4096, 0xfee0_0000L));
    assertThat(dma.ranges()).doesNotContain(new IovaRange(0, 0xfedf_ffffL));
    assertThat(dma.pageSize()).isEqualTo(4096);
  }

  @Test
  void aMappingThatIsRefusedLeavesNothingBehind() {
    backend.failing.add("mapDma");
    assertThatThrownBy(() -> dma.allocateAt("x", 4096, 0x7000)).isInstanceOf(VfioException.class);
    backend.failing.clear();
    assertThat(dma.allocateAt("y", 4096, 0x7000).iova()).isEqualTo(0x7000);
  }

  @Test
  void anUnmapThatFailsGivesTheMemoryBackButNotTheIova() {
    DmaBuffer buffer = dma.allocate("x", 4096);
    Resources before = Resources.open();
    backend.failing.add("unmapDma");
    assertThatThrownBy(buffer::close).isInstanceOf(VfioException.class);
    buffer.close();
    assertThat(dma.buffers()).isEmpty();
    assertThat(Resources.open().mappings()).isEqualTo(before.mappings() - 1);
    assertThat(Resources.open().iovas()).isEqualTo(before.iovas());
    assertReason(Reason.IN_USE, () -> dma.allocateAt("y", 4096, buffer.iova()));
    assertThat(dma.allocate("z", 4096).iova()).isNotEqualTo(buffer.iova());
    assertThat(backend.mapped).hasSize(2);
  }

  @Test
  void threadsNeverShareAnIova() throws Exception {
    int threads = 4;
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      List<Future<Integer>> results = new ArrayList<>();
      for (int t = 0; t < threads; t++) {
        int thread = t;
        results.add(pool.submit(() -> allocateAndClose("thread " + thread)));
      }
      for (Future<Integer> result : results) {
        assertThat(result.get(Await.LIMIT.toSeconds(), TimeUnit.SECONDS)).isEqualTo(300);
      }
    } finally {
      pool.shutdownNow();
    }
    assertThat(backend.mapped).isEmpty();
  }

  /** The fake backend refuses mappings that overlap. */
  private int allocateAndClose(String owner) {
    int done = 0;
    for (int i = 0; i < 100; i++) {
      try (DmaBuffer one = dma.allocate(owner, 4096);
          DmaBuffer two = dma.allocate(owner, 8192 + i);
          DmaBuffer three = dma.allocate(owner, 1)) {
        assertThat(one.iova()).isNotEqualTo(two.iova()).isNotEqualTo(three.iova());
        done += 3;
      }
    }
    return done;
  }

  /** Four threads read with every width while the buffer is closed under them. */
  @Test
  void closingUnderReadersIsAnExceptionAndNeverACrash() throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(4);
    try {
      for (int round = 0; round < 25; round++) {
        DmaBuffer buffer = dma.allocate("shared", 65536);
        List<Future<DriverException>> ends = new ArrayList<>();
        for (int reader = 0; reader < 4; reader++) {
          int kind = reader;
          ends.add(pool.submit(() -> readUntilRefused(buffer, kind)));
        }
        Await.until("readers run", () -> buffer.words().read32(4) != 0);
        buffer.close();
        for (Future<DriverException> end : ends) {
          assertClosed(end);
        }
      }
    } finally {
      pool.shutdownNow();
    }
  }

  private static void assertClosed(Future<DriverException> end)
      throws InterruptedException, ExecutionException, TimeoutException {
    DriverException refused = end.get(Await.LIMIT.toSeconds(), TimeUnit.SECONDS);
    if (refused instanceof DmaException dmaException) {
      assertThat(dmaException.reason()).isEqualTo(Reason.CLOSED);
    } else {
      assertThat(((RegisterAccessException) refused).reason())
          .isEqualTo(RegisterAccessException.Reason.CLOSED);
    }
  }

  private static DriverException readUntilRefused(DmaBuffer buffer, int kind) {
    ByteBuffer bulk = ByteBuffer.allocate(65536);
    long sum = 0;
    try {
      while (true) {
        switch (kind) {
          case 0 -> sum += buffer.words().read8(65535);
          case 1 -> sum += buffer.words().read16(65534);
          case 2 -> sum += buffer.words().read64(65528);
          default -> buffer.read(0, bulk.clear());
        }
        buffer.words().write32(4, 1);
        if (sum < 0) {
          return new DriverException("read", "shared", "memory is not zero", "");
        }
      }
    } catch (DriverException refused) {
      return refused;
    }
  }

  private static void assertReason(Reason reason, Runnable call) {
    assertThat(catchThrowableOfType(DmaException.class, call::run).reason()).isEqualTo(reason);
  }
}
