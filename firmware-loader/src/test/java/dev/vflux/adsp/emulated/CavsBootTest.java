package dev.vflux.adsp.emulated;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vflux.firmware.IpcVersion;
import dev.vflux.firmware.SampleImages;
import dev.vflux.testing.LeakCheck;
import dev.vflux.vfio.ResetOutcome;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Each platform boots, in the sequence the Linux driver uses; and what the booted one says. */
@ExtendWith(LeakCheck.class)
class CavsBootTest {

  private static final int VERSION = BareDriver.UPLINK + 24;
  private static final int ABI = BareDriver.UPLINK + 64;
  private static final int WINDOWS = BareDriver.UPLINK + 108;

  @ParameterizedTest
  @ValueSource(strings = {"apl", "cnl", "cml", "icl", "jsl", "tgl", "adl"})
  void bootsAnIpc3ImageToFwReady(String platform) {
    try (BareDriver driver = BareDriver.open(platform).probe()) {
      driver.bootToMessage(Images.of(platform, IpcVersion.IPC3));
      assertThat(driver.ready()).isEqualTo(0xf0000000);
      assertThat(driver.readyExtension()).isEqualTo(0x80);
      assertThat(driver.bar4.read32(BareDriver.UPLINK)).isEqualTo(108);
      assertThat(driver.bar4.read32(BareDriver.UPLINK + 4)).isEqualTo(0x70000000);
      assertThat(driver.bar4.read16(VERSION + 4)).isEqualTo(2);
      assertThat(driver.bar4.read16(VERSION + 6)).isEqualTo(7);
      assertThat(driver.bar4.read16(VERSION + 8)).isEqualTo(3);
      assertThat(driver.bar4.read16(VERSION + 10)).isEqualTo(99);
      assertThat(driver.bar4.read32(ABI) >>> 24).isEqualTo(3);
      assertThat(driver.bar4.read32(WINDOWS)).isEqualTo(400);
      assertThat(driver.bar4.read32(WINDOWS + 8)).isEqualTo(1);
      assertThat(driver.bar4.read32(WINDOWS + 12)).isEqualTo(7);
      driver.acknowledge();
      assertThat(driver.ready()).isEqualTo(0x70000000);
      assertThat(driver.bar0.read32(BareDriver.INTSTS)).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"apl", "cnl", "cml", "icl", "jsl", "tgl", "adl"})
  void bootsAnIpc4ImageToFwReady(String platform) {
    try (BareDriver driver = BareDriver.open(platform).probe()) {
      driver.bootToMessage(Images.of(platform, IpcVersion.IPC4));
      assertThat(driver.ready()).isEqualTo(0x9b080000);
      driver.acknowledge();
    }
  }

  @Test
  void showsTheStatesOfTheRomInTheirOrder() {
    Set<Integer> seen = new LinkedHashSet<>();
    try (BareDriver driver = BareDriver.open("cml").probe()) {
      assertThat(driver.powerUp()).isTrue();
      driver.ring(BareDriver.PURGE);
      driver.releaseCore0();
      driver.within(100, () -> watch(driver, seen, 1));
      driver.prepareImage(Images.cml());
      driver.programStream();
      driver.runStream();
      driver.within(100, () -> watch(driver, seen, 5));
    }
    assertThat(seen).containsExactly(0x0, 0x10, 0x11, 0x1, 0x6, 0x7, 0x2, 0x3, 0x4, 0x12, 0x13, 5);
  }

  private static boolean watch(BareDriver driver, Set<Integer> seen, int last) {
    int state = driver.fsr() & 0xffffff;
    seen.add(state);
    return state == last;
  }

  @Test
  void waitsForTheImageWithTheWordOfPublicLogs() {
    try (BareDriver driver = BareDriver.open("cml").probe()) {
      driver.romReady();
      driver.pass(1000);
      assertThat(driver.fsr()).isEqualTo(0x05000001);
    }
  }

  @Test
  void takesTwentyToSixtyMillisecondsForAFullSizeImage() {
    try (BareDriver driver = BareDriver.open("cml").probe()) {
      long start = driver.clock.nanos();
      driver.boot(SampleImages.cml().payload());
      assertThat(Duration.ofNanos(driver.clock.nanos() - start))
          .isBetween(Duration.ofMillis(20), Duration.ofMillis(60));
    }
  }

  @Test
  void bootsAgainAfterPowerDown() {
    try (BareDriver driver = BareDriver.open("cml").probe()) {
      driver.boot(Images.cml());
      assertThat(driver.powerDown()).isTrue();
      driver.boot(Images.cml());
    }
  }

  @Test
  void takesAKeptImageBackWithoutLoading() {
    try (BareDriver driver = BareDriver.open("cml").probe()) {
      driver.boot(Images.cml());
      assertThat(driver.powerDown()).isTrue();
      driver.startRom(BareDriver.IMR_BOOT);
      assertThat(driver.romReaches(5, 300)).isTrue();
      assertThat(driver.awaitMessage()).isTrue();
      assertThat(driver.bar4.read16(VERSION + 6)).isEqualTo(7);
      driver.acknowledge();
    }
  }

  @Test
  void keepsNoImageOverAReset() {
    try (BareDriver driver = BareDriver.open("cml").probe()) {
      driver.boot(Images.cml());
      assertThat(driver.device.reset()).isEqualTo(ResetOutcome.DONE);
      driver.probe();
      driver.startRom(BareDriver.IMR_BOOT);
      assertThat(driver.romReaches(5, 300)).isFalse();
      assertThat(driver.fsr()).isEqualTo(0x80000003);
      assertThat(driver.romError()).isEqualTo(43);
    }
  }

  @Test
  void hasNoImageToTakeBackBeforeTheFirstBoot() {
    try (BareDriver driver = BareDriver.open("tgl").probe()) {
      driver.startRom(BareDriver.IMR_BOOT);
      assertThat(driver.romReaches(5, 300)).isFalse();
      assertThat(driver.romError()).isEqualTo(43);
    }
  }

  @Test
  void findsADoorbellThatRingsAfterTheCoreStarted() {
    try (BareDriver driver = BareDriver.open("cml").probe()) {
      assertThat(driver.powerUp()).isTrue();
      driver.releaseCore0();
      driver.pass(10);
      assertThat(driver.fsr()).isEqualTo(0x01000000);
      driver.ring(BareDriver.PURGE);
      assertThat(driver.within(500, driver::done)).isTrue();
      assertThat(driver.romReaches(1, 300)).isTrue();
    }
  }

  @Test
  void takesAnImageThatWasRunBeforeTheRomWasReady() {
    try (BareDriver driver = BareDriver.open("cml").probe()) {
      driver.prepareImage(Images.cml());
      driver.programStream();
      driver.runStream();
      driver.pass(5);
      assertThat(driver.bar0.read32(BareDriver.SD + 4)).isZero();
      driver.startRom(BareDriver.PURGE);
      assertThat(driver.romReaches(5, 3000)).isTrue();
    }
  }

  @Test
  void acceptsTheCaptureStreamOfIccmax() {
    try (BareDriver driver = BareDriver.open("tgl").probe()) {
      driver.bar0.update32(BareDriver.PPCTL, 1, 1);
      driver.bar0.write32(0x80 + 0x08, 4096);
      driver.bar0.write8(0x80, 0x02);
      assertThat(driver.bar0.read8(0x80) & 2).isEqualTo(2);
      driver.boot(Images.of("tgl", IpcVersion.IPC3));
      assertThat(driver.bar0.read8(0x83) & 0x1c).isZero();
      driver.bar0.write8(0x80, 0);
      assertThat(driver.bar0.read8(0x80) & 2).isZero();
    }
  }

  @Test
  void answersIpc3RequestsOfNoObjectWithEnodev() {
    try (BareDriver driver = BareDriver.open("cml").probe()) {
      driver.boot(Images.cml());
      request(driver, 12, 0x60040000);
      assertThat(driver.bar4.read32(BareDriver.DOWNLINK)).isEqualTo(12);
      assertThat(driver.bar4.read32(BareDriver.DOWNLINK + 4)).isEqualTo(0x10000000);
      assertThat(driver.bar4.read32(BareDriver.DOWNLINK + 8)).isEqualTo(-19);
    }
  }

  @Test
  void switchesItsMemoryOffAfterASavedContext() {
    try (BareDriver driver = BareDriver.open("cml").probe()) {
      driver.boot(Images.cml());
      request(driver, 76, 0x40010000);
      assertThat(driver.bar4.read32(BareDriver.FSR)).isEqualTo(-1);
      assertThat(driver.bar4.read32(BareDriver.DOWNLINK)).isEqualTo(-1);
      assertThat(driver.powerDown()).isTrue();
    }
  }

  private static void request(BareDriver driver, int size, int command) {
    driver.bar4.write32(BareDriver.DOWNLINK, size);
    driver.bar4.write32(BareDriver.DOWNLINK + 4, command);
    driver.ring(BareDriver.BUSY);
    assertThat(driver.within(500, driver::done)).isTrue();
    assertThat(driver.bar4.read32(0xd0)).isZero();
    driver.clearDone();
    assertThat(driver.done()).isFalse();
  }

  @Test
  void answersIpc4RequestsWithAnErrorStatusOnceTheLastMessageIsTaken() {
    try (BareDriver driver = BareDriver.open("tgl").probe()) {
      driver.bootToMessage(Images.of("tgl", IpcVersion.IPC4));
      driver.ring(0x91000000);
      assertThat(driver.within(500, driver::done)).isTrue();
      driver.clearDone();
      assertThat(driver.ready()).isEqualTo(0x9b080000);
      driver.acknowledge();
      assertThat(driver.ready()).isEqualTo(0xb1000002);
      driver.acknowledge();
      assertThat(driver.ready() & BareDriver.BUSY).isZero();
    }
  }

  @Test
  void takesTheTwoWritesOfAnAcknowledgementInEitherOrder() {
    try (BareDriver driver = BareDriver.open("tgl").probe()) {
      driver.bootToMessage(Images.of("tgl", IpcVersion.IPC4));
      driver.ring(0x91000000);
      assertThat(driver.within(500, driver::done)).isTrue();
      driver.bar4.write32(0xc4, BareDriver.BUSY);
      assertThat(driver.ready()).isEqualTo(0x9b080000);
      driver.bar4.write32(0xc0, BareDriver.BUSY);
      assertThat(driver.ready()).isEqualTo(0xb1000002);
      driver.bar4.write32(0xc0, BareDriver.BUSY);
      driver.ring(0x91000000);
      driver.pass(10);
      assertThat(driver.ready() & BareDriver.BUSY).isZero();
      driver.bar4.write32(0xc4, BareDriver.BUSY);
      assertThat(driver.ready()).isEqualTo(0xb1000002);
    }
  }

  @Test
  void letsAnIpc4HostPutCore0ToSleep() {
    try (BareDriver driver = BareDriver.open("tgl").probe()) {
      driver.boot(Images.of("tgl", IpcVersion.IPC4));
      driver.bar4.write32(BareDriver.DOWNLINK, 1);
      driver.bar4.write32(BareDriver.DOWNLINK + 4, 0);
      driver.ring(0xc7000000);
      assertThat(driver.awaitMessage()).isTrue();
      assertThat(driver.ready()).isEqualTo(0xe7000000);
    }
  }
}
