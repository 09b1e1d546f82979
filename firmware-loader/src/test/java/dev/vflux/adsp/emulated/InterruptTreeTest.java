package dev.vflux.adsp.emulated;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vflux.testing.LeakCheck;
import dev.vflux.vfio.IrqIndex;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * INTSTS says what there is, the line what is enabled, and a GIE toggle asks for another message.
 */
@ExtendWith(LeakCheck.class)
class InterruptTreeTest {

  private static final int GIE = 0x80000000;
  private static final int GIS = 0x80000000;

  private static BareDriver withDone(BareDriver driver) {
    driver.probe();
    assertThat(driver.powerUp()).isTrue();
    driver.enableIpcInterrupts();
    driver.ring(BareDriver.PURGE);
    driver.releaseCore0();
    assertThat(driver.within(500, driver::done)).isTrue();
    return driver;
  }

  private static BareDriver withImageOffered(BareDriver driver) {
    withDone(driver).clearDone();
    assertThat(driver.irq.drain()).isEqualTo(1);
    driver.offer(Images.cml());
    return driver;
  }

  @Test
  void doneArrivesAsOneMessage() {
    try (BareDriver driver = withDone(BareDriver.open("cml"))) {
      assertThat(driver.irq.drain()).isEqualTo(1);
      assertThat(driver.bar4.read32(0x0c) & 1).isEqualTo(1);
      assertThat(driver.bar0.read32(0x808)).isEqualTo(0x80000000);
      assertThat(driver.bar0.read32(BareDriver.INTSTS)).isEqualTo(GIS);
      driver.pass(1);
      assertThat(driver.irq.drain()).isZero();
      driver.clearDone();
      assertThat(driver.bar0.read32(BareDriver.INTSTS)).isZero();
    }
  }

  @Test
  void toggledGieSendsAgainWhatIsPending() {
    try (BareDriver driver = withDone(BareDriver.open("cml"))) {
      assertThat(driver.irq.drain()).isEqualTo(1);
      driver.bar0.update32(BareDriver.INTCTL, GIE, 0);
      assertThat(driver.irq.drain()).isZero();
      assertThat(driver.bar0.read32(BareDriver.INTSTS)).isEqualTo(GIS);
      driver.bar0.update32(BareDriver.INTCTL, GIE, GIE);
      assertThat(driver.irq.drain()).isEqualTo(1);
      driver.clearDone();
      driver.bar0.update32(BareDriver.INTCTL, GIE, 0);
      driver.bar0.update32(BareDriver.INTCTL, GIE, GIE);
      assertThat(driver.irq.drain()).isZero();
    }
  }

  @Test
  void eachEnableOnTheWayIsNeeded() {
    try (BareDriver driver = BareDriver.open("cml").probe()) {
      assertThat(driver.powerUp()).isTrue();
      driver.ring(BareDriver.PURGE);
      driver.releaseCore0();
      assertThat(driver.within(500, driver::done)).isTrue();
      driver.bar0.update32(BareDriver.PPCTL, 0x80000000, 0);
      driver.bar0.update32(BareDriver.INTCTL, GIE, 0);
      driver.bar4.write32(0xe8, 1);
      driver.bar4.write32(0x08, 1);
      assertThat(driver.bar4.read32(0x0c)).isZero();
      driver.bar4.write32(0xe8, 2);
      assertThat(driver.bar4.read32(0x0c)).isEqualTo(1);
      driver.bar4.write32(0x08, 0);
      assertThat(driver.bar0.read32(0x808)).isZero();
      driver.bar4.write32(0x08, 1);
      assertThat(driver.bar0.read32(0x808)).isEqualTo(0x80000000);
      driver.bar0.update32(BareDriver.INTCTL, GIE, GIE);
      assertThat(driver.irq.drain()).isZero();
      driver.bar0.update32(BareDriver.PPCTL, 0x80000000, 0x80000000);
      assertThat(driver.irq.drain()).isEqualTo(1);
    }
  }

  @Test
  void theSecondSourceOfALineThatIsHighSendsNoMessage() {
    try (BareDriver driver = withDone(BareDriver.open("cml"))) {
      assertThat(driver.irq.drain()).isEqualTo(1);
      driver.offer(Images.cml());
      driver.runSilently();
      assertThat(driver.awaitMessage()).isTrue();
      assertThat(driver.irq.drain()).isZero();
      driver.bar0.update32(BareDriver.INTCTL, GIE, 0);
      driver.bar0.update32(BareDriver.INTCTL, GIE, GIE);
      assertThat(driver.irq.drain()).isEqualTo(1);
    }
  }

  @Test
  void anEntryWithIocIsABufferCompleteInterrupt() {
    try (BareDriver driver = withImageOffered(BareDriver.open("cml"))) {
      driver.runStream();
      assertThat(driver.within(100, () -> driver.irq.drain() == 1)).isTrue();
      int stream = 1 << BareDriver.STREAM;
      assertThat(driver.bar0.read32(BareDriver.INTSTS)).isEqualTo(GIS | stream);
      assertThat(driver.bar0.read8(BareDriver.SD + 3)).isEqualTo(0x24);
      driver.bar0.write8(BareDriver.SD + 3, 0x04);
      assertThat(driver.bar0.read32(BareDriver.INTSTS)).isZero();
    }
  }

  @Test
  void aStreamsStatusShowsWithoutItsEnable() {
    try (BareDriver driver = withImageOffered(BareDriver.open("cml"))) {
      driver.runSilently();
      int stream = 1 << BareDriver.STREAM;
      assertThat(driver.within(100, () -> driver.bar0.read32(BareDriver.INTSTS) != 0)).isTrue();
      assertThat(driver.bar0.read32(BareDriver.INTSTS)).isEqualTo(GIS | stream);
      driver.bar0.update32(BareDriver.INTCTL, stream, stream);
      assertThat(driver.irq.drain()).isZero();
      driver.bar0.write8(BareDriver.SD, 0x06);
      assertThat(driver.irq.drain()).isEqualTo(1);
    }
  }

  @Test
  void noInterruptIndexButIntxMsiAndReqCanBeUsed() {
    try (BareDriver driver = BareDriver.open("cml")) {
      assertThat(driver.device.irq(IrqIndex.INTX).info().count()).isEqualTo(1);
      assertThat(driver.device.irq(IrqIndex.MSI).info().count()).isEqualTo(1);
      assertThat(driver.device.irq(IrqIndex.MSIX).info().count()).isZero();
      assertThat(driver.device.irq(IrqIndex.REQ).info().count()).isEqualTo(1);
      assertThat(driver.device.hasIrq(IrqIndex.ERR)).isFalse();
      assertThat(driver.device.regions()).hasSize(9);
    }
  }
}
