package dev.vflux.adsp.emulated;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vflux.emulated.FaultPlan;
import dev.vflux.testing.LeakCheck;
import dev.vflux.vfio.DmaBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** CORB, RIRB and the codec, register by register: HDA 1.0a, 3.3.18 to 3.3.31 and 7.3. */
@ExtendWith(LeakCheck.class)
class CommandRingsTest {

  private static final int CORBWP = 0x48;
  private static final int CORBRP = 0x4a;
  private static final int CORBCTL = 0x4c;
  private static final int CORBSTS = 0x4d;
  private static final int RIRBWP = 0x58;
  private static final int RINTCNT = 0x5a;
  private static final int RIRBCTL = 0x5c;
  private static final int RIRBSTS = 0x5d;
  private static final int RIRB = 2048;
  private static final int VENDOR_ID = 0x000f0000;
  private static final int NODE_COUNT = 0x000f0004;
  private static final int CODEC_1 = 0x100f0000;
  private static final int CIS = 0xc0000000;

  private static DmaBuffer start(BareDriver driver, int responses) {
    DmaBuffer ring = driver.device.dma().allocate("rings", 4096);
    driver.bar0.write32(0x40, (int) ring.iova());
    driver.bar0.write32(0x44, (int) (ring.iova() >>> 32));
    driver.bar0.write16(CORBWP, 0);
    driver.bar0.write16(CORBRP, 0x8000);
    assertThat(driver.bar0.read16(CORBRP)).isEqualTo(0x8000);
    driver.bar0.write16(CORBRP, 0);
    driver.bar0.write8(CORBCTL, 3);
    driver.bar0.write32(0x50, (int) ring.iova() + RIRB);
    driver.bar0.write32(0x54, (int) ((ring.iova() + RIRB) >>> 32));
    driver.bar0.write16(RIRBWP, 0x8000);
    driver.bar0.write16(RINTCNT, responses);
    driver.bar0.write8(RIRBCTL, 7);
    return ring;
  }

  private static void send(BareDriver driver, DmaBuffer ring, int... commands) {
    int at = driver.bar0.read16(CORBWP);
    for (int command : commands) {
      at = (at + 1) & 0xff;
      ring.words().write32(4L * at, command);
    }
    driver.bar0.write16(CORBWP, at);
  }

  @Test
  void theCodecReportsItself25FramesAfterReset() {
    try (BareDriver driver = BareDriver.open("cml")) {
      driver.bar0.write32(0x08, 1);
      assertThat(driver.within(100, () -> (driver.bar0.read32(0x08) & 1) == 1)).isTrue();
      assertThat(driver.bar0.read16(0x0e)).isZero();
      driver.clock.advance(java.time.Duration.ofNanos(450_000));
      assertThat(driver.bar0.read16(0x0e)).isZero();
      driver.clock.advance(java.time.Duration.ofNanos(100_000));
      assertThat(driver.bar0.read16(0x0e)).isEqualTo(1);
      assertThat(driver.bar0.read32(BareDriver.INTSTS)).isEqualTo(CIS);
      driver.bar0.write16(0x0e, 1);
      assertThat(driver.bar0.read16(0x0e)).isZero();
      driver.pass(10);
      assertThat(driver.bar0.read16(0x0e)).isZero();
    }
  }

  @Test
  void oneThatEntersResetAgainBeforeThatHearsOfNoCodec() {
    try (BareDriver driver = BareDriver.open("cml")) {
      driver.bar0.write32(0x08, 1);
      assertThat(driver.within(100, () -> (driver.bar0.read32(0x08) & 1) == 1)).isTrue();
      driver.bar0.write32(0x08, 0);
      driver.pass(10);
      assertThat(driver.bar0.read16(0x0e)).isZero();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "0x000f0000, 0x76666c78",
    "0x000f0002, 0x00100100",
    "0x000f0004, 0x00010001",
    "0x000f0005, 0x0",
    "0x001f0004, 0x00020005",
    "0x001f0005, 0x1",
    "0x001f2000, 0x76666c78",
    "0x000f2000, 0x0",
    "0x001f0000, 0x0",
    "0x002f0009, 0x0000041d",
    "0x003f0009, 0x0010051b",
    "0x004f0009, 0x0040050d",
    "0x003f000e, 0x2",
    "0x003f0200, 0x0605",
    "0x004f1c00, 0x90170110",
    "0x006f0900, 0x0",
    "0x007f0009, 0x0",
    "0x08170500, 0x0"
  })
  void theCodecAnswers(String command, String response) {
    try (BareDriver driver = BareDriver.open("cml").probe();
        DmaBuffer ring = start(driver, 1)) {
      send(driver, ring, Integer.decode(command));
      assertThat(driver.within(1, () -> driver.bar0.read16(RIRBWP) == 1)).isTrue();
      assertThat(ring.words().read32(RIRB + 8)).isEqualTo((int) (long) Long.decode(response));
      assertThat(ring.words().read32(RIRB + 12)).as("codec 0, solicited").isZero();
    }
  }

  @Test
  void eachResponseIsAnInterruptUntilItIsAcknowledged() {
    try (BareDriver driver = BareDriver.open("cml").probe();
        DmaBuffer ring = start(driver, 1)) {
      assertThat(driver.irq.drain()).isZero();
      send(driver, ring, VENDOR_ID);
      assertThat(driver.bar0.read16(CORBRP)).as("not before the next frame").isZero();
      assertThat(driver.within(1, () -> driver.irq.drain() == 1)).isTrue();
      assertThat(driver.bar0.read16(CORBRP)).isEqualTo(1);
      assertThat(driver.bar0.read8(RIRBSTS)).isEqualTo(1);
      assertThat(driver.bar0.read32(BareDriver.INTSTS)).isEqualTo(CIS);
      driver.bar0.write8(RIRBSTS, 1);
      assertThat(driver.bar0.read32(BareDriver.INTSTS)).isZero();
      send(driver, ring, NODE_COUNT);
      assertThat(driver.within(1, () -> driver.irq.drain() == 1)).isTrue();
      assertThat(driver.bar0.read16(RIRBWP)).isEqualTo(2);
    }
  }

  @Test
  void rintcntSaysHowManyResponsesMakeAnInterrupt() {
    try (BareDriver driver = BareDriver.open("cml").probe();
        DmaBuffer ring = start(driver, 3)) {
      send(driver, ring, VENDOR_ID, NODE_COUNT, VENDOR_ID, NODE_COUNT);
      assertThat(driver.within(1, () -> driver.bar0.read8(RIRBSTS) == 1)).isTrue();
      assertThat(driver.bar0.read16(RIRBWP)).isEqualTo(3);
      driver.bar0.write8(RIRBSTS, 1);
      // the last one is alone, and nothing follows it
      assertThat(driver.within(1, () -> driver.bar0.read8(RIRBSTS) == 1)).isTrue();
      assertThat(driver.bar0.read16(RIRBWP)).isEqualTo(4);
    }
  }

  @Test
  void anAddressWithoutCodecNeverAnswers() {
    try (BareDriver driver = BareDriver.open("cml").probe();
        DmaBuffer ring = start(driver, 1)) {
      send(driver, ring, CODEC_1, CODEC_1, CODEC_1);
      driver.pass(10);
      assertThat(driver.bar0.read16(CORBRP)).isEqualTo(3);
      assertThat(driver.bar0.read16(RIRBWP)).isZero();
      assertThat(driver.bar0.read8(RIRBSTS)).isZero();
    }
  }

  @Test
  void aRingThatCannotBeReadIsAMemoryError() {
    try (BareDriver driver = BareDriver.open("cml").probe()) {
      driver.bar0.write32(0x40, 0x77770000);
      driver.bar0.write8(CORBCTL, 3);
      driver.bar0.write16(CORBWP, 1);
      assertThat(driver.within(1, () -> driver.bar0.read8(CORBSTS) == 1)).isTrue();
      assertThat(driver.bar0.read8(CORBCTL)).isEqualTo(1);
      assertThat(driver.bar0.read32(BareDriver.INTSTS)).isEqualTo(CIS);
      assertThat(driver.irq.drain()).isEqualTo(1);
    }
  }

  @Test
  void aResponseThatCannotBeWrittenIsAnOverrun() {
    try (BareDriver driver = BareDriver.open("cml").probe();
        DmaBuffer ring = start(driver, 1)) {
      driver.bar0.write32(0x50, 0x77770000);
      send(driver, ring, VENDOR_ID);
      assertThat(driver.within(1, () -> driver.bar0.read8(RIRBSTS) == 4)).isTrue();
      assertThat(driver.bar0.read16(RIRBWP)).isZero();
      assertThat(driver.irq.drain()).isEqualTo(1);
    }
  }

  @Test
  void withoutItsDmaAResponseIsLost() {
    try (BareDriver driver = BareDriver.open("cml").probe();
        DmaBuffer ring = start(driver, 1)) {
      driver.bar0.write8(RIRBCTL, 0);
      send(driver, ring, VENDOR_ID);
      driver.pass(1);
      assertThat(driver.bar0.read16(CORBRP)).isEqualTo(1);
      assertThat(driver.bar0.read16(RIRBWP)).isZero();
      assertThat(driver.bar0.read8(RIRBSTS)).isZero();
    }
  }

  @Test
  void aResetTakesWhatIsOnTheLink() {
    try (BareDriver driver = BareDriver.open("cml").probe();
        DmaBuffer ring = start(driver, 1)) {
      send(driver, ring, VENDOR_ID);
      driver.resetController();
      driver.pass(1);
      assertThat(driver.bar0.read16(RIRBWP)).isZero();
      assertThat(ring.words().read32(RIRB + 8)).isZero();
    }
  }

  @Test
  void anImmediateCommandIsAnswered() {
    try (BareDriver driver = BareDriver.open("cml").probe()) {
      driver.bar0.write32(0x60, VENDOR_ID);
      driver.bar0.write16(0x68, 1);
      assertThat(driver.bar0.read16(0x68)).isEqualTo(1);
      assertThat(driver.within(1, () -> driver.bar0.read16(0x68) == 2)).isTrue();
      assertThat(driver.bar0.read32(0x64)).isEqualTo(0x76666c78);
      driver.bar0.write32(0x60, CODEC_1);
      driver.bar0.write16(0x68, 3);
      driver.pass(1);
      assertThat(driver.bar0.read16(0x68)).as("nobody answers").isEqualTo(1);
    }
  }

  @ParameterizedTest
  @CsvSource({"codec-silent, 0", "verb-lost, 2", "verb-lost:3, 2", "verb-lost:4, 3"})
  void theRingIsConsumedAlthoughVerbsAreLost(String plan, int responses) {
    try (BareDriver driver = BareDriver.open("cml", FaultPlan.parse(plan)).probe();
        DmaBuffer ring = start(driver, 1)) {
      send(driver, ring, VENDOR_ID, NODE_COUNT, VENDOR_ID);
      driver.pass(10);
      assertThat(driver.bar0.read16(CORBRP)).isEqualTo(3);
      assertThat(driver.bar0.read16(RIRBWP)).isEqualTo(responses);
    }
  }
}
