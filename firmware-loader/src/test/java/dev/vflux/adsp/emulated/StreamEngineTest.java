package dev.vflux.adsp.emulated;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vflux.testing.LeakCheck;
import dev.vflux.vfio.DmaBuffer;
import java.nio.ByteBuffer;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The stream engine on its own: resets, positions, speed, wrap-around, pauses. */
@ExtendWith(LeakCheck.class)
class StreamEngineTest {

  private static final int SD = BareDriver.SD;

  /** A coupled stream of 4 KiB in two entries, both with IOC, 192 bytes a millisecond. */
  private static void programCoupled(BareDriver driver) {
    driver.prepareImage(ByteBuffer.allocate(4096 + 4096));
    driver.listBuffer().words().write32(12, 1);
    driver.programStream();
    driver.bar0.update32(BareDriver.PPCTL, 1 << BareDriver.STREAM, 0);
    driver.bar0.update32(BareDriver.SPBFCCTL, 1 << BareDriver.STREAM, 0);
  }

  private static BareDriver open() {
    return BareDriver.open("cml").probe();
  }

  @Test
  void streamResetReadsBackAndClearsTheDescriptor() {
    try (BareDriver driver = open()) {
      driver.bar0.write32(SD + 8, 0x1000);
      driver.bar0.write8(SD, 1);
      assertThat(driver.bar0.read8(SD)).isEqualTo(1);
      assertThat(driver.bar0.read32(SD + 8)).isZero();
      driver.bar0.write32(SD + 8, 0x2000);
      assertThat(driver.bar0.read32(SD + 8)).isZero();
      driver.bar0.write8(SD, 0);
      assertThat(driver.bar0.read8(SD)).isZero();
      driver.bar0.write32(SD + 8, 0x3000);
      assertThat(driver.bar0.read32(SD + 8)).isEqualTo(0x3000);
    }
  }

  @Test
  void aCoupledStreamRunsAtTheRateOfItsFormat() {
    try (BareDriver driver = open()) {
      programCoupled(driver);
      driver.bar0.write16(SD + 0x12, 0x4011);
      driver.bar0.write8(SD, 2);
      driver.pass(20);
      // 44.1 kHz, 16 bit, two channels: 176.4 bytes a millisecond
      assertThat(driver.bar0.read32(SD + 4)).isBetween(3_400, 3_528);
    }
  }

  @Test
  void positionsWrapWithTheBufferAndAgreeEverywhere() {
    try (BareDriver driver = open();
        DmaBuffer positions = driver.device.dma().allocate("positions", 4096)) {
      driver.bar0.write32(0x74, (int) (positions.iova() >>> 32));
      driver.bar0.write32(0x70, (int) positions.iova() | 1);
      programCoupled(driver);
      driver.bar0.write8(SD, 2);
      driver.pass(100);
      int lpib = driver.bar0.read32(SD + 4);
      int linear = driver.bar0.read32(0x810 + 0x10 * BareDriver.STREAM);
      assertThat(linear).isBetween(19_000, 19_200);
      assertThat(lpib).isEqualTo(linear % 8192);
      assertThat(driver.bar0.read32(0x1084 + 0x20 * BareDriver.STREAM)).isEqualTo(lpib);
      assertThat(positions.words().read32(8 * BareDriver.STREAM)).isEqualTo(lpib);
      driver.bar0.write8(SD, 0);
      driver.bar0.write32(0x70, 0);
    }
  }

  @Test
  void aPositionBufferThatIsNotThereHarmsNothing() {
    try (BareDriver driver = open()) {
      driver.bar0.write32(0x70, 0x77770000 | 1);
      programCoupled(driver);
      driver.bar0.write8(SD, 2);
      driver.pass(1);
      assertThat(driver.bar0.read32(SD + 4)).isPositive();
      assertThat(driver.bar0.read8(SD) & 2).isEqualTo(2);
    }
  }

  @Test
  void eachEntryWithIocCompletes() {
    try (BareDriver driver = open()) {
      programCoupled(driver);
      driver.bar0.write8(SD, 2);
      for (int entries = 1; entries <= 4; entries++) {
        assertThat(driver.within(30, () -> (driver.bar0.read8(SD + 3) & 4) != 0)).isTrue();
        int linear = driver.bar0.read32(0x810 + 0x10 * BareDriver.STREAM);
        assertThat(linear).isBetween(4096 * entries, 4096 * entries + 96);
        driver.bar0.write8(SD + 3, 4);
      }
    }
  }

  @Test
  void stoppingTakesEffectAtOnce() {
    try (BareDriver driver = open()) {
      programCoupled(driver);
      driver.bar0.write8(SD, 2);
      driver.pass(5);
      driver.bar0.write8(SD, 0);
      assertThat(driver.bar0.read8(SD) & 2).isZero();
      int lpib = driver.bar0.read32(SD + 4);
      driver.pass(20);
      assertThat(driver.bar0.read32(SD + 4)).isEqualTo(lpib);
    }
  }

  @Test
  void ssyncHoldsItBack() {
    try (BareDriver driver = open()) {
      programCoupled(driver);
      driver.bar0.write32(0x38, 1 << BareDriver.STREAM);
      driver.bar0.write8(SD, 2);
      driver.pass(20);
      assertThat(driver.bar0.read8(SD + 3) & 0x20).isEqualTo(0x20);
      assertThat(driver.bar0.read32(SD + 4)).isZero();
      driver.bar0.write32(0x38, 0);
      driver.pass(10);
      assertThat(driver.bar0.read32(SD + 4)).isPositive();
    }
  }

  @Test
  void theSpeedOfCodeLoadingIsAnOption() {
    long usual = loadNanos(Map.of());
    long slow = loadNanos(Map.of("speed", "4000000"));
    // 64 KiB: 1.6 ms at 40 MB/s, 16.4 ms at 4 MB/s
    assertThat(slow - usual).isBetween(13_000_000L, 17_000_000L);
  }

  private static long loadNanos(Map<String, String> options) {
    try (BareDriver driver = BareDriver.open("cml", options).probe()) {
      driver.romReady();
      long start = driver.clock.nanos();
      assertThat(driver.load(Images.cml())).isTrue();
      return driver.clock.nanos() - start;
    }
  }

  @Test
  void spibIsFollowedRoundTheBuffer() {
    try (BareDriver driver = open()) {
      programCoupled(driver);
      driver.bar0.update32(BareDriver.SPBFCCTL, 1 << BareDriver.STREAM, 1 << BareDriver.STREAM);
      driver.bar0.write32(BareDriver.SPIB, 8192);
      driver.bar0.write8(SD, 2);
      driver.pass(100);
      assertThat(linear(driver)).isEqualTo(8192);
      assertThat(driver.bar0.read32(SD + 4)).isZero();
      driver.bar0.write32(BareDriver.SPIB, 1000);
      driver.pass(100);
      assertThat(linear(driver)).isEqualTo(8192 + 1000);
      driver.bar0.write32(BareDriver.SPIB, 500);
      driver.pass(100);
      assertThat(linear(driver)).isEqualTo(8192 + 8192 + 500);
    }
  }

  private static int linear(BareDriver driver) {
    return driver.bar0.read32(0x810 + 0x10 * BareDriver.STREAM);
  }

  @Test
  void anotherRunOfTheSameDescriptorStartsFromTheBeginning() {
    try (BareDriver driver = open()) {
      programCoupled(driver);
      driver.bar0.write8(SD, 2);
      driver.pass(10);
      driver.bar0.write8(SD, 0);
      driver.resetStream();
      assertThat(driver.bar0.read32(SD + 4)).isZero();
      driver.programStream();
      driver.bar0.update32(BareDriver.PPCTL, 1 << BareDriver.STREAM, 0);
      driver.bar0.write8(SD, 2);
      driver.pass(10);
      assertThat(linear(driver)).isBetween(1_700, 1_920);
    }
  }
}
