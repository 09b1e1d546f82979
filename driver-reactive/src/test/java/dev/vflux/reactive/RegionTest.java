package dev.vflux.reactive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vflux.testing.LeakCheck;
import dev.vflux.vfio.DriverException;
import dev.vflux.vfio.RegionIndex;
import dev.vflux.vfio.RegisterAccessException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import reactor.test.StepVerifier;

@ExtendWith(LeakCheck.class)
class RegionTest {

  private static final Duration LIMIT = Duration.ofSeconds(10);

  private DriverLoop loop;
  private ReactiveDevice device;
  private ReactiveRegion bar0;

  @BeforeEach
  void open() {
    loop = DriverLoop.create();
    device = TestBackend.open(new TestBackend(), loop);
    bar0 = device.region(RegionIndex.BAR0);
  }

  @AfterEach
  void close() {
    loop.close().block(LIMIT);
  }

  private void settle() {
    loop.call(() -> true).block(LIMIT);
  }

  @Test
  void accessesEveryWidthLittleEndian() {
    bar0.write64(0x10, 0x8877_6655_4433_2211L);
    assertThat(bar0.read8(0x17)).isEqualTo(0x88);
    assertThat(bar0.read16(0x16)).isEqualTo(0x8877);
    assertThat(bar0.read32(0x14)).isEqualTo(0x8877_6655);
    assertThat(bar0.read64(0x10)).isEqualTo(0x8877_6655_4433_2211L);
    bar0.write8(0x10, 0xff);
    bar0.write16(0x12, 0xffff);
    bar0.write32(0x14, 0);
    assertThat(bar0.read64(0x10)).isEqualTo(0xffff_22ffL);
    assertThat(bar0.registers().read8(0x11)).isEqualTo(0x22);
    assertThat(bar0.info().size()).isEqualTo(TestBackend.BAR_SIZE);
    assertThat(device.region(RegionIndex.BAR0)).isSameAs(bar0);
  }

  @Test
  void updatesOnTheLoopOnly() {
    bar0.write32(0, 0xff00_00f0);
    assertThatThrownBy(() -> bar0.update32(0, 0xf, 1))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("update32 on test:device BAR0")
        .hasMessageContaining(loop.toString());
    assertThat(loop.call(() -> bar0.update32(0, 0xff, 0x105)).block(LIMIT))
        .isEqualTo(0xff00_0005)
        .isEqualTo(bar0.read32(0));
    assertThat(loop.call(() -> bar0.update8(3, 0x81, 0)).block(LIMIT)).isEqualTo(0x7e);
    assertThat(loop.call(() -> bar0.update16(2, 0xff, 0x8001)).block(LIMIT)).isEqualTo(0x7e01);
    assertThat(loop.call(() -> bar0.update64(0, -1L << 32, 7L << 32)).block(LIMIT))
        .isEqualTo(0x7_7e01_0005L);
  }

  @Test
  void aRegionThatIsNotThereIsATypedError() {
    assertThatThrownBy(() -> device.region(RegionIndex.BAR4))
        .isInstanceOf(DriverException.class)
        .hasMessageContaining("BAR4")
        .hasMessageContaining("BAR0");
  }

  @Test
  void writesAreSeenInOrderOnTheLoop() {
    StepVerifier.create(
            bar0.writes()
                .doOnNext(w -> assertThat(loop.inEventLoop()).isTrue())
                .map(w -> w.width() + "@" + w.offset() + "=" + Long.toHexString(w.value())))
        .then(() -> bar0.write8(1, -1))
        .then(() -> bar0.write16(2, -2))
        .then(() -> loop.call(() -> bar0.update32(4, -1, -3)).block(LIMIT))
        .then(() -> bar0.write64(8, -4))
        .expectNext("8@1=ff", "16@2=fffe", "32@4=fffffffd", "64@8=fffffffffffffffc")
        .thenCancel()
        .verify(LIMIT);
  }

  @Test
  void aWriteThatWasRefusedIsNotSeen() {
    StepVerifier.create(bar0.writes().map(RegionWrite::offset))
        .then(
            () ->
                assertThatThrownBy(() -> bar0.write32(2, 1))
                    .isInstanceOf(RegisterAccessException.class))
        .then(() -> bar0.write32(4, 1))
        .expectNext(4L)
        .thenCancel()
        .verify(LIMIT);
  }

  @Test
  void aWatcherWithoutDemandEndsAloneAndTheWriteIsMade() {
    StepVerifier.create(bar0.writes().map(RegionWrite::value))
        .then(
            () ->
                StepVerifier.create(bar0.writes(), 1)
                    .then(() -> bar0.write32(0, 1))
                    .expectNextCount(1)
                    .then(() -> bar0.write32(4, 2))
                    .expectErrorSatisfies(
                        e -> {
                          assertThat(e)
                              .isInstanceOf(RegionWriteOverflowException.class)
                              .hasMessageContaining("write32 0x4 <- 0x2")
                              .hasMessageContaining("onBackpressureBuffer");
                          assertThat(((RegionWriteOverflowException) e).missed().value())
                              .isEqualTo(2);
                        })
                    .verify(LIMIT))
        .expectNext(1L, 2L)
        .thenCancel()
        .verify(LIMIT);
    assertThat(bar0.read32(4)).isEqualTo(2);
  }

  @Test
  void aWatcherThatWritesItselfIsServedInTurn() {
    StepVerifier.create(
            bar0.writes()
                .doOnNext(
                    w -> {
                      if (w.offset() < 16) {
                        bar0.write32(w.offset() + 4, 1);
                      }
                    })
                .map(RegionWrite::offset))
        .then(() -> bar0.write32(0, 1))
        .expectNext(0L, 4L, 8L, 12L, 16L)
        .thenCancel()
        .verify(LIMIT);
  }

  @Test
  void aWatcherThatThrowsHarmsNeitherTheWriterNorOthers() {
    StepVerifier.create(bar0.writes().map(RegionWrite::value))
        .then(
            () ->
                StepVerifier.create(
                        bar0.writes()
                            .doOnNext(
                                w -> {
                                  throw new IllegalArgumentException("bug");
                                }))
                    .then(() -> bar0.write32(0, 7))
                    .expectErrorMessage("bug")
                    .verify(LIMIT))
        .expectNext(7L)
        .thenCancel()
        .verify(LIMIT);
  }

  /** Made on the loop: the first write is not yet emitted when the second watcher comes. */
  @Test
  void nobodySeesAWriteMadeBeforeWatchingAlsoWhileOthersDo() {
    List<Long> late = new CopyOnWriteArrayList<>();
    StepVerifier.create(bar0.writes().map(RegionWrite::value))
        .then(
            () ->
                loop.execute(
                    () -> {
                      bar0.write32(0, 1);
                      bar0.writes().map(RegionWrite::value).subscribe(late::add);
                      bar0.write32(0, 2);
                    }))
        .expectNext(1L, 2L)
        .thenCancel()
        .verify(LIMIT);
    settle();
    assertThat(late).containsExactly(2L);
  }

  @Test
  void demandThatIsNotPositiveIsAnErrorAfterOnSubscribe() {
    BadDemand<RegionWrite> watcher = new BadDemand<>(this::settle);
    bar0.writes().subscribe(watcher);
    settle();
    watcher.assertEnded();
  }

  @Test
  void nobodySeesWritesMadeBeforeAndAfterWatching() {
    bar0.write32(0, 1);
    StepVerifier.create(bar0.writes().map(RegionWrite::value).take(1))
        .then(() -> bar0.write32(0, 2))
        .expectNext(2L)
        .expectComplete()
        .verify(LIMIT);
    bar0.write32(0, 3);
    settle();
    StepVerifier.create(bar0.writes().map(RegionWrite::value).take(1))
        .then(() -> bar0.write32(0, 4))
        .expectNext(4L)
        .expectComplete()
        .verify(LIMIT);
  }
}
