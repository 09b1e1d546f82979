package dev.vflux.adsp.emulated;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vflux.emulated.DeviceOptionException;
import dev.vflux.emulated.Fault;
import dev.vflux.emulated.FaultPlan;
import dev.vflux.firmware.IpcVersion;
import dev.vflux.testing.LeakCheck;
import dev.vflux.vfio.Device;
import dev.vflux.vfio.Devices;
import dev.vflux.vfio.EventFd;
import dev.vflux.vfio.IrqIndex;
import dev.vflux.vfio.RegionIndex;
import dev.vflux.vfio.ResetOutcome;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each fault shows at the registers as its description says, and goes away with its attempt. */
@ExtendWith(LeakCheck.class)
class BootFaultsTest {

  private static BareDriver with(String plan) {
    return BareDriver.open("cml", FaultPlan.parse(plan)).probe();
  }

  private static void assertNextAttemptBoots(BareDriver driver) {
    assertThat(driver.powerDown()).isTrue();
    driver.boot(Images.cml());
  }

  @Test
  void coreNeverPowers() {
    try (BareDriver driver = with("core-never-powers")) {
      assertThat(driver.powerUp()).isFalse();
      assertThat(driver.bar4.read32(BareDriver.ADSPCS) >>> 24).isZero();
    }
  }

  @Test
  void coreNeverPowersUntilTheFaultIsTakenBack() {
    FaultPlan plan = FaultPlan.parse("core-never-powers");
    try (BareDriver driver = BareDriver.open("cml", plan).probe()) {
      assertThat(driver.powerUp()).isFalse();
      assertThat(driver.powerDown()).isTrue();
      plan.clear("core-never-powers");
      driver.boot(Images.cml());
    }
  }

  @ParameterizedTest
  @CsvSource({"power-up-slow, 20", "power-up-slow:35, 35"})
  void powerUpSlow(String plan, long millis) {
    try (BareDriver driver = with(plan)) {
      long start = driver.clock.nanos();
      assertThat(driver.powerUp()).isTrue();
      assertThat((driver.clock.nanos() - start) / 1_000_000).isBetween(millis, millis + 1);
      driver.boot(Images.cml());
    }
  }

  @Test
  void doneNever() {
    try (BareDriver driver = with("done-never@1")) {
      assertThat(driver.powerUp()).isTrue();
      driver.ring(BareDriver.PURGE);
      driver.releaseCore0();
      assertThat(driver.within(500, driver::done)).isFalse();
      assertThat(driver.bar4.read32(0xd0)).isEqualTo(BareDriver.PURGE);
      assertNextAttemptBoots(driver);
    }
  }

  @ParameterizedTest
  @CsvSource({"done-late, 200", "done-late:50, 50"})
  void doneLate(String plan, long millis) {
    try (BareDriver driver = with(plan)) {
      long start = driver.clock.nanos();
      driver.startRom(BareDriver.PURGE);
      assertThat((driver.clock.nanos() - start) / 1_000_000).isBetween(millis, millis + 2);
      assertThat(driver.romReaches(1, 300)).isTrue();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0x00000000", "10, 0x06000010", "11, 0x00000011", "1, 0x05000001", "0x6, 0x00000006",
    "7, 0x00000007", "2, 0x00000002", "3, 0x00000003", "4, 0x05000004", "12, 0x06000012",
    "13, 0x00000013", "21, 0x06000021"
  })
  void romStuckInEachState(String state, String word) {
    try (BareDriver driver = with("rom-stuck:" + state + "@1")) {
      assertThat(driver.powerUp()).isTrue();
      driver.ring(BareDriver.PURGE);
      driver.releaseCore0();
      driver.pass(10);
      assertThat(driver.load(Images.cml())).isFalse();
      assertThat(driver.fsr()).isEqualTo(Integer.decode(word));
      assertThat(driver.romError()).isZero();
      assertNextAttemptBoots(driver);
    }
  }

  @Test
  void romStuckInFwEnteredNeverAnnouncesItself() {
    try (BareDriver driver = with("rom-stuck:5")) {
      driver.romReady();
      assertThat(driver.load(Images.cml())).isTrue();
      assertThat(driver.awaitMessage()).isFalse();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "40, 0x80000010",
    "41, 0x80000010",
    "45, 0x80000010",
    "46, 0x80000000",
    "21, 0x80000011",
    "20, 0x80000006",
    "47, 0x80000007",
    "42, 0x80000003",
    "43, 0x80000003",
    "44, 0x80000012",
    "6, 0x80000004",
    "50, 0x80000004",
    "51, 0x80000004",
    "0x4c4c4e55, 0x80000013",
    "0xbee00000, 0x80000004"
  })
  void romErrorInTheStateItBelongsTo(String error, String word) {
    try (BareDriver driver = with("rom-error:" + error + "@1")) {
      assertThat(driver.powerUp()).isTrue();
      driver.ring(BareDriver.PURGE);
      driver.releaseCore0();
      driver.pass(10);
      assertThat(driver.load(Images.cml())).isFalse();
      assertThat(driver.fsr()).isEqualTo(Long.decode(word).intValue());
      assertThat(driver.romError()).isEqualTo(Long.decode(error).intValue());
      assertNextAttemptBoots(driver);
    }
  }

  @Test
  void signatureRefused() {
    try (BareDriver driver = with("signature-refused@1")) {
      driver.romReady();
      assertThat(driver.load(Images.cml())).isFalse();
      assertThat(driver.fsr()).isEqualTo(0x80000012);
      assertThat(driver.romError()).isEqualTo(44);
      assertNextAttemptBoots(driver);
    }
  }

  @Test
  void dmaStalled() {
    try (BareDriver driver = with("dma-stalled@1")) {
      driver.romReady();
      assertThat(driver.load(Images.cml())).isFalse();
      assertThat(driver.fsr()).isEqualTo(0x05000004);
      assertThat(driver.bar0.read32(BareDriver.SD + 4)).isEqualTo(0x4000);
      assertNextAttemptBoots(driver);
    }
  }

  @Test
  void dmaFault() {
    try (BareDriver driver = with("dma-fault@1")) {
      driver.romReady();
      driver.prepareImage(Images.cml());
      driver.programStream();
      driver.runStream();
      driver.pass(100);
      assertThat(driver.bar0.read8(BareDriver.SD + 3) & 0x1c).isEqualTo(0x10);
      assertThat(driver.bar0.read8(BareDriver.SD) & 2).isZero();
      driver.stopStream();
      assertNextAttemptBoots(driver);
    }
  }

  @Test
  void fwReadyMissing() {
    try (BareDriver driver = with("fw-ready-missing@1")) {
      driver.romReady();
      assertThat(driver.load(Images.cml())).isTrue();
      assertThat(driver.awaitMessage()).isFalse();
      assertNextAttemptBoots(driver);
    }
  }

  @ParameterizedTest
  @CsvSource({"fw-ready-bad-abi, 4", "fw-ready-bad-abi:2, 2"})
  void fwReadyBadAbi(String plan, int major) {
    try (BareDriver driver = with(plan)) {
      driver.boot(Images.cml());
      assertThat(driver.bar4.read32(BareDriver.UPLINK + 64) >>> 24).isEqualTo(major);
    }
  }

  @Test
  void fwReadyBadAbiOfIpc4ShowsInTheFirmwareRegisters() {
    for (String plan : Set.of("fw-ready-bad-abi", "fw-ready-missing@9")) {
      try (BareDriver driver = BareDriver.open("tgl", FaultPlan.parse(plan)).probe()) {
        driver.boot(Images.of("tgl", IpcVersion.IPC4));
        assertThat(driver.bar4.read32(0x8001c)).isEqualTo(plan.endsWith("abi") ? 4 : 1);
      }
    }
  }

  @Test
  void fwReadyBadWindows() {
    try (BareDriver driver = with("fw-ready-bad-windows")) {
      driver.boot(Images.cml());
      assertThat(driver.bar4.read32(BareDriver.UPLINK + 108 + 16 + 16)).isEqualTo(0x7ffff000);
    }
  }

  @Test
  void interruptLost() {
    try (BareDriver driver = with("interrupt-lost@1")) {
      assertThat(driver.powerUp()).isTrue();
      driver.enableIpcInterrupts();
      driver.ring(BareDriver.PURGE);
      driver.releaseCore0();
      assertThat(driver.within(500, driver::done)).isTrue();
      assertThat(driver.irq.drain()).isZero();
      assertThat(driver.bar0.read32(BareDriver.INTSTS)).isEqualTo(0x80000000);
      driver.clearDone();
      assertThat(driver.romReaches(1, 300)).isTrue();
      assertThat(driver.load(Images.cml())).isTrue();
      assertThat(driver.awaitMessage()).isTrue();
      assertThat(driver.irq.drain()).isPositive();
    }
  }

  @Test
  void theSecondInterruptLost() {
    try (BareDriver driver = with("interrupt-lost:2")) {
      driver.bar4.write32(0x08, 1);
      driver.bar4.write32(0xe8, 3);
      driver.startRom(BareDriver.PURGE);
      assertThat(driver.irq.drain()).isEqualTo(1);
      driver.offer(Images.cml());
      driver.runSilently();
      assertThat(driver.awaitMessage()).isTrue();
      assertThat(driver.irq.drain()).isZero();
      driver.acknowledge();
    }
  }

  @Test
  void interruptStorm() {
    try (BareDriver driver = with("interrupt-storm:250")) {
      driver.bar4.write32(0x08, 1);
      driver.romReady();
      driver.pass(20);
      assertThat(driver.bar0.read32(BareDriver.INTSTS)).isZero();
      assertThat(driver.irq.drain()).isEqualTo(250);
      assertThat(driver.load(Images.cml())).isTrue();
    }
  }

  @Test
  void allOnesWhenTheRomIsReady() {
    try (BareDriver driver = with("all-ones")) {
      driver.startRom(BareDriver.PURGE);
      driver.pass(10);
      assertGone(driver);
    }
  }

  @Test
  void allOnesInTheMiddleOfTheDma() {
    try (BareDriver driver = with("all-ones:dma")) {
      driver.romReady();
      driver.prepareImage(Images.cml());
      driver.programStream();
      driver.runStream();
      driver.pass(10);
      assertGone(driver);
    }
  }

  private static void assertGone(BareDriver driver) {
    assertThat(driver.bar0.read32(0x08)).isEqualTo(-1);
    assertThat(driver.bar4.read32(BareDriver.ADSPCS)).isEqualTo(-1);
    assertThat(driver.config.read16(0)).isEqualTo(0xffff);
  }

  @Test
  void reqMidBoot() {
    try (BareDriver driver = with("req");
        EventFd req = EventFd.create()) {
      driver.device.irq(IrqIndex.REQ).enable(0, req);
      driver.startRom(BareDriver.PURGE);
      assertThat(req.drain()).isZero();
      driver.pass(10);
      assertThat(req.drain()).isEqualTo(1);
      assertThat(driver.load(Images.cml())).isTrue();
      driver.device.irq(IrqIndex.REQ).disable();
    }
  }

  @Test
  void succeedsOnTheThirdAttempt() {
    try (BareDriver driver = with("succeeds-on:3")) {
      for (int attempt = 1; attempt < 3; attempt++) {
        driver.startRom(BareDriver.PURGE);
        assertThat(driver.romReaches(1, 300)).isFalse();
        assertThat(driver.fsr()).isEqualTo(0x06000010);
        assertThat(driver.powerDown()).isTrue();
      }
      driver.boot(Images.cml());
    }
  }

  @Test
  void attemptsCountFromOneAgainAfterAReset() {
    try (BareDriver driver = with("succeeds-on:2")) {
      driver.startRom(BareDriver.PURGE);
      assertThat(driver.device.reset()).isEqualTo(ResetOutcome.DONE);
      driver.probe();
      driver.startRom(BareDriver.PURGE);
      assertThat(driver.romReaches(1, 300)).isFalse();
      assertNextAttemptBoots(driver);
    }
  }

  @Test
  void faultsCanBeAddedWhileTheDeviceRuns() {
    FaultPlan plan = FaultPlan.none();
    try (BareDriver driver = BareDriver.open("cml", plan).probe()) {
      driver.romReady();
      plan.inject(Fault.of("signature-refused"));
      assertThat(driver.load(Images.cml())).isFalse();
      assertThat(driver.romError()).isEqualTo(44);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "rom-stuck",
        "rom-stuck:xyz",
        "rom-error",
        "rom-error:often",
        "succeeds-on",
        "req:1",
        "succeeds-on:0",
        "all-ones:later",
        "done-late:soon",
        "power-up-slow:99999999",
        "interrupt-lost:0",
        "no-such-fault",
        "fw-ready-bad-abi:256"
      })
  void anUnusablePlanIsRefusedAtOnce(String plan) {
    assertThatThrownBy(() -> Devices.open("emulated:cml?fault=" + plan))
        .isInstanceOf(DeviceOptionException.class)
        .hasMessageContaining("fault");
  }

  @ParameterizedTest
  @CsvSource({"fuse=shut", "speed=0", "speed=fast", "colour=red"})
  void anUnusableOptionIsRefused(String option) {
    assertThatThrownBy(() -> Devices.open("emulated:cml?" + option))
        .isInstanceOf(DeviceOptionException.class)
        .hasMessageContaining(option.substring(0, option.indexOf('=')));
  }

  @Test
  void theModelListsItsFaultsAndOptions() {
    CavsModel model = new CavsModel.Cml();
    assertThat(new TreeSet<>(model.faults())).hasSize(29).contains("rom-stuck", "panic");
    assertThat(model.options().keySet())
        .isEqualTo(Set.of("fuse", "speed", "converters", "dai-in", "dai-out"));
    assertThat(model.name()).isEqualTo("cml");
  }

  @Test
  void opensByItsAddressInRealTime() {
    try (Device device = Devices.open("emulated:cml?fuse=production&speed=80000000")) {
      assertThat(device.registers(RegionIndex.CONFIG).read16(2)).isEqualTo(0x02c8);
    }
  }
}
