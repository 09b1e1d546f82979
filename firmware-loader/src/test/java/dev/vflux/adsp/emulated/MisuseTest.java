package dev.vflux.adsp.emulated;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vflux.testing.LeakCheck;
import dev.vflux.vfio.IrqIndex;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A driver that does it wrong is treated as real silicon treats it. */
@ExtendWith(LeakCheck.class)
class MisuseTest {

  @Test
  void bar4IsDeadBeforeGprocen() {
    try (BareDriver driver = BareDriver.open("cml")) {
      driver.busMasterOn();
      driver.resetController();
      assertThat(driver.bar4.read32(BareDriver.ADSPCS)).isEqualTo(-1);
      assertThat(driver.bar4.read8(0x81000)).isEqualTo(0xff);
      driver.bar4.write32(BareDriver.ADSPCS, 0x000f0000);
      driver.enableDsp();
      driver.pass(50);
      assertThat(driver.bar4.read32(BareDriver.ADSPCS)).isEqualTo(0x00000f0f);
    }
  }

  @Test
  void bar4DiesAgainWithGprocenAndTheDspIsReset() {
    try (BareDriver driver = BareDriver.open("cml").probe()) {
      driver.romReady();
      driver.bar0.update32(BareDriver.PPCTL, 0x40000000, 0);
      assertThat(driver.bar4.read32(BareDriver.ADSPCS)).isEqualTo(-1);
      driver.bar0.update32(BareDriver.PPCTL, 0x40000000, 0x40000000);
      assertThat(driver.bar4.read32(BareDriver.ADSPCS)).isEqualTo(0x00000f0f);
      driver.boot(Images.cml());
    }
  }

  @Test
  void everythingIsAllOnesInD3() {
    try (BareDriver driver = BareDriver.open("cml").probe()) {
      driver.config.update16(0x54, 3, 3);
      assertThat(driver.bar0.read32(0x08)).isEqualTo(-1);
      assertThat(driver.bar4.read32(BareDriver.ADSPCS)).isEqualTo(-1);
      driver.bar0.write32(0x08, 0);
      driver.pass(1);
      driver.config.update16(0x54, 3, 0);
      assertThat(driver.bar0.read32(0x08)).isEqualTo(1);
    }
  }

  @Test
  void registersTakeNoWriteInControllerReset() {
    try (BareDriver driver = BareDriver.open("cml")) {
      driver.bar0.write32(BareDriver.PPCTL, 0xc0000000);
      driver.bar0.write32(BareDriver.INTCTL, 0xc0000000);
      assertThat(driver.bar0.read32(BareDriver.PPCTL)).isZero();
      assertThat(driver.bar0.read32(BareDriver.INTCTL)).isZero();
      assertThat(driver.bar0.read16(0x14)).isEqualTo(0xc00);
    }
  }

  @Test
  void withoutBusMasterNothingMoves() {
    try (BareDriver driver = BareDriver.open("cml").probe()) {
      driver.romReady();
      driver.config.update16(0x04, 0x4, 0);
      assertThat(driver.load(Images.cml())).isFalse();
      assertThat(driver.fsr()).isEqualTo(0x05000001);
      assertThat(driver.bar0.read32(BareDriver.SD + 4)).isZero();
    }
  }

  @Test
  void anUnmappedIovaIsADescriptorErrorThatClearsRun() {
    try (BareDriver driver = BareDriver.open("cml").probe()) {
      driver.romReady();
      driver.prepareImage(Images.cml());
      driver.listBuffer().words().write64(0, 0x7777_0000L);
      driver.programStream();
      driver.runStream();
      driver.pass(10);
      assertThat(driver.bar0.read8(BareDriver.SD + 3) & 0x1c).isEqualTo(0x10);
      assertThat(driver.bar0.read8(BareDriver.SD) & 2).isZero();
      assertThat(driver.fsr()).isEqualTo(0x05000001);
      assertThat(driver.irq.drain()).isPositive();
    }
  }

  @Test
  void anUnmappedListIsADescriptorErrorToo() {
    try (BareDriver driver = BareDriver.open("cml").probe()) {
      driver.romReady();
      driver.prepareImage(Images.cml());
      driver.programStream();
      driver.bar0.write32(BareDriver.SD + 0x18, 0x7777_0000);
      driver.bar0.write32(BareDriver.SD + 0x1c, 0);
      driver.runStream();
      driver.pass(10);
      assertThat(driver.bar0.read8(BareDriver.SD + 3) & 0x10).isEqualTo(0x10);
    }
  }

  @Test
  void anotherTagNeverReachesTheRom() {
    try (BareDriver driver = BareDriver.open("cml").probe()) {
      driver.startRom(BareDriver.PURGE | 3 << 9);
      assertThat(driver.romReaches(1, 300)).isTrue();
      assertThat(driver.load(Images.cml())).isFalse();
      assertThat(driver.fsr()).isEqualTo(0x05000001);
      assertThat(driver.bar0.read32(BareDriver.SD + 4)).isZero();
    }
  }

  @Test
  void aCoupledStreamGoesToTheLink() {
    try (BareDriver driver = BareDriver.open("cml").probe()) {
      driver.romReady();
      driver.prepareImage(Images.cml());
      driver.programStream();
      driver.bar0.update32(BareDriver.PPCTL, 1 << BareDriver.STREAM, 0);
      driver.runStream();
      assertThat(driver.romReaches(5, 100)).isFalse();
      assertThat(driver.fsr()).isEqualTo(0x05000001);
      // 48 kHz, 32 bit, one channel: 192 bytes a millisecond
      assertThat(driver.bar0.read32(BareDriver.SD + 4)).isBetween(18_000, 19_400);
    }
  }

  @Test
  void aSpibThatIsTooSmallStopsThere() {
    try (BareDriver driver = BareDriver.open("cml").probe()) {
      driver.romReady();
      driver.prepareImage(Images.cml());
      driver.programStream();
      driver.bar0.write32(BareDriver.SPIB, 0x6000);
      driver.runStream();
      assertThat(driver.romReaches(5, 100)).isFalse();
      assertThat(driver.fsr()).isEqualTo(0x05000004);
      assertThat(driver.bar0.read32(BareDriver.SD + 4)).isEqualTo(0x6000);
      driver.bar0.write32(BareDriver.SPIB, (int) driver.imageBuffer().size());
      assertThat(driver.romReaches(5, 3000)).isTrue();
    }
  }

  @Test
  void aCyclicLengthBelowTheListStopsThereWithSpib() {
    try (BareDriver driver = BareDriver.open("cml").probe()) {
      driver.romReady();
      driver.prepareImage(Images.cml());
      driver.programStream();
      driver.bar0.write32(BareDriver.SD + 8, 0x8000);
      driver.bar0.write32(BareDriver.SPIB, 0x8000);
      driver.runStream();
      assertThat(driver.romReaches(5, 100)).isFalse();
      assertThat(driver.fsr()).isEqualTo(0x05000004);
    }
  }

  @Test
  void aListThatIsTooShortBringsOtherBytes() {
    try (BareDriver driver = BareDriver.open("cml").probe()) {
      driver.romReady();
      driver.prepareImage(Images.cml());
      driver.programStream();
      driver.bar0.write16(BareDriver.SD + 0xc, 11);
      driver.runStream();
      assertThat(driver.romReaches(5, 100)).isFalse();
      assertThat(driver.romError()).isEqualTo(44);
    }
  }

  @Test
  void anEntryOfLengthZeroIsADescriptorError() {
    try (BareDriver driver = BareDriver.open("cml").probe()) {
      driver.romReady();
      driver.prepareImage(Images.cml());
      driver.listBuffer().words().write32(8, 0);
      driver.programStream();
      driver.runStream();
      driver.pass(10);
      assertThat(driver.bar0.read8(BareDriver.SD + 3) & 0x10).isEqualTo(0x10);
      assertThat(driver.bar0.read8(BareDriver.SD) & 2).isZero();
    }
  }

  @Test
  void aCyclicLengthOfZeroMovesNothing() {
    try (BareDriver driver = BareDriver.open("cml").probe()) {
      driver.romReady();
      driver.prepareImage(Images.cml());
      driver.programStream();
      driver.bar0.write32(BareDriver.SD + 8, 0);
      driver.runStream();
      assertThat(driver.romReaches(5, 100)).isFalse();
      assertThat(driver.fsr()).isEqualTo(0x05000001);
    }
  }

  @Test
  void theRomWaitsForThePowerOfAllCoresTheHostManages() {
    try (BareDriver driver = BareDriver.open("cml").probe()) {
      driver.bar4.update32(BareDriver.ADSPCS, 0x10000, 0x10000);
      assertThat(driver.within(50, () -> driver.bar4.read32(4) >>> 24 == 1)).isTrue();
      driver.ring(BareDriver.PURGE);
      driver.releaseCore0();
      assertThat(driver.within(500, driver::done)).isFalse();
      driver.bar4.update32(BareDriver.ADSPCS, 0xf0000, 0xf0000);
      assertThat(driver.within(500, driver::done)).isTrue();
    }
  }

  @Test
  void theHostCannotPowerTheCoresOfTheFirmware() {
    try (BareDriver driver = BareDriver.open("tgl").probe()) {
      driver.bar4.write32(BareDriver.ADSPCS, 0x000f0f0f);
      driver.pass(50);
      assertThat(driver.bar4.read32(BareDriver.ADSPCS)).isEqualTo(0x01010f0f);
    }
  }

  @Test
  void aCoreWithoutPowerCannotLeaveReset() {
    try (BareDriver driver = BareDriver.open("cml").probe()) {
      driver.releaseCore0();
      assertThat(driver.bar4.read32(BareDriver.ADSPCS)).isEqualTo(0x00000f0f);
    }
  }

  @Test
  void losingPowerMidBootIsRecoverable() {
    try (BareDriver driver = BareDriver.open("cml").probe()) {
      driver.romReady();
      driver.prepareImage(Images.cml());
      driver.programStream();
      driver.runStream();
      driver.pass(1);
      assertThat(driver.powerDown()).isTrue();
      assertThat(driver.bar4.read32(BareDriver.FSR)).isEqualTo(-1);
      driver.stopStream();
      driver.boot(Images.cml());
    }
  }

  @Test
  void intxWorksInsteadOfMsi() {
    try (BareDriver driver = BareDriver.open("cml")) {
      driver.busMasterOn();
      driver.device.irq(IrqIndex.INTX).enable(0, driver.irq);
      driver.resetController();
      driver.enableDsp();
      assertThat(driver.powerUp()).isTrue();
      driver.enableIpcInterrupts();
      driver.ring(BareDriver.PURGE);
      driver.releaseCore0();
      assertThat(driver.within(500, driver::done)).isTrue();
      assertThat(driver.irq.drain()).isEqualTo(1);
      driver.device.irq(IrqIndex.INTX).unmask(0);
      assertThat(driver.irq.drain()).isEqualTo(1);
      driver.clearDone();
      driver.device.irq(IrqIndex.INTX).unmask(0);
      assertThat(driver.irq.drain()).isZero();
    }
  }

  @Test
  void messagesNeedBusMaster() {
    try (BareDriver driver = BareDriver.open("cml").probe()) {
      assertThat(driver.powerUp()).isTrue();
      driver.enableIpcInterrupts();
      driver.config.update16(0x04, 0x4, 0);
      driver.ring(BareDriver.PURGE);
      driver.releaseCore0();
      assertThat(driver.within(500, driver::done)).isTrue();
      assertThat(driver.irq.drain()).isZero();
    }
  }
}
