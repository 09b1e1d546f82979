package dev.vflux.adsp.emulated;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vflux.testing.LeakCheck;
import dev.vflux.vfio.RegisterBlock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A table typed by hand from the datasheets and the Linux headers: where a register is, how wide,
 * what it holds out of reset and which bits of all-ones stay. And accesses that overlap registers.
 */
@ExtendWith(LeakCheck.class)
class RegisterLayoutTest {

  private static long read(RegisterBlock block, long offset, int width) {
    return switch (width) {
      case 1 -> block.read8(offset);
      case 2 -> block.read16(offset);
      default -> block.read32(offset) & 0xffff_ffffL;
    };
  }

  private static void write(RegisterBlock block, long offset, int width, long value) {
    switch (width) {
      case 1 -> block.write8(offset, (int) value);
      case 2 -> block.write16(offset, (int) value);
      default -> block.write32(offset, (int) value);
    }
  }

  private static void check(RegisterBlock block, String at, int width, String reset, String ones) {
    long offset = Long.decode(at);
    assertThat(read(block, offset, width)).as("reset value").isEqualTo(Long.decode(reset));
    write(block, offset, width, 0xffff_ffffL);
    assertThat(read(block, offset, width)).as("after all-ones").isEqualTo(Long.decode(ones));
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({
    // High Definition Audio Specification 1.0a, 3.3; values of the 400 series PCH
    "GCAP, 0x00, 2, 0x9701, 0x9701",
    "VMIN, 0x02, 1, 0x00, 0x00",
    "VMAJ, 0x03, 1, 0x01, 0x01",
    "OUTPAY, 0x04, 2, 0x3c, 0x3c",
    "INPAY, 0x06, 2, 0x1d, 0x1d",
    "WAKEEN, 0x0c, 2, 0x0, 0x7fff",
    "STATESTS, 0x0e, 2, 0x0, 0x0",
    "LLCH, 0x14, 2, 0xc00, 0xc00",
    "INTCTL, 0x20, 4, 0x0, 0xffffffff",
    "INTSTS, 0x24, 4, 0x0, 0x0",
    "SSYNC, 0x38, 4, 0x0, 0xffff",
    "CORBLBASE, 0x40, 4, 0x0, 0xffffff80",
    "CORBUBASE, 0x44, 4, 0x0, 0xffffffff",
    "CORBRP, 0x4a, 2, 0x0, 0x8000",
    "CORBSTS, 0x4d, 1, 0x0, 0x0",
    "CORBSIZE, 0x4e, 1, 0x42, 0x43",
    "RIRBLBASE, 0x50, 4, 0x0, 0xffffff80",
    "RIRBUBASE, 0x54, 4, 0x0, 0xffffffff",
    "RIRBWP, 0x58, 2, 0x0, 0x0",
    "RINTCNT, 0x5a, 2, 0x0, 0xff",
    "RIRBCTL, 0x5c, 1, 0x0, 0x7",
    "RIRBSTS, 0x5d, 1, 0x0, 0x0",
    "RIRBSIZE, 0x5e, 1, 0x42, 0x43",
    "DPLBASE, 0x70, 4, 0x0, 0xffffff81",
    "DPUBASE, 0x74, 4, 0x0, 0xffffffff",
    // stream descriptor 7, the first output: 0x80 + 0x20 * 7
    "SD7STS, 0x163, 1, 0x0, 0x0",
    "SD7LPIB, 0x164, 4, 0x0, 0x0",
    "SD7CBL, 0x168, 4, 0x0, 0xffffffff",
    "SD7LVI, 0x16c, 2, 0x0, 0xff",
    "SD7FIFOS, 0x170, 2, 0xbf, 0xbf",
    "SD7FMT, 0x172, 2, 0x0, 0xff7f",
    "SD7BDLPL, 0x178, 4, 0x0, 0xffffff80",
    "SD7BDLPU, 0x17c, 4, 0x0, 0xffffffff",
    // the last one, 15
    "SD15CBL, 0x268, 4, 0x0, 0xffffffff",
    "SD15BDLPU, 0x27c, 4, 0x0, 0xffffffff",
    // extended capabilities: next in 15:0, id in 27:16
    "MLCH, 0xc00, 4, 0x00020800, 0x00020800",
    "PPCH, 0x800, 4, 0x00030500, 0x00030500",
    "GTSCH, 0x500, 4, 0x00011f00, 0x00011f00",
    "DRSMCH, 0x1f00, 4, 0x00050700, 0x00050700",
    "SPBFCH, 0x700, 4, 0x00040000, 0x00040000",
    "PPCTL, 0x804, 4, 0x0, 0xc000ffff",
    "PPSTS, 0x808, 4, 0x0, 0x0",
    "SPBFCCTL, 0x704, 4, 0x0, 0xffff",
    "SPIB7, 0x740, 4, 0x0, 0xffffffff",
    "DRSMCTL, 0x1f04, 4, 0x0, 0xffff",
    "PPLC0CTL, 0x910, 4, 0x0, 0xf00001",
    "PPLC0FMT, 0x914, 2, 0x0, 0xffff",
    "MLCD, 0xc04, 4, 0x1, 0x1",
    "LCAP0, 0xc40, 4, 0x7, 0x7",
    "LCTL0, 0xc44, 4, 0x810000, 0x81000f",
    "LOSIDV0, 0xc48, 4, 0xfffe, 0xffff",
    "LSDIID0, 0xc4c, 4, 0x3, 0x7fff",
    "LSDIID1, 0xc8c, 4, 0x4, 0x7fff",
    "EM2, 0x1030, 4, 0x2000, 0xffffffff",
    "SD0DPIB, 0x1084, 4, 0x0, 0x0",
    "SD0EFIFOS, 0x1094, 4, 0xc0, 0xc0",
  })
  void controller(String name, String at, int width, String reset, String ones) {
    try (BareDriver driver = BareDriver.open("cml")) {
      driver.busMasterOn();
      driver.resetController();
      driver.bar0.write32(BareDriver.INTCTL, 0);
      check(driver.bar0, at, width, reset, ones);
    }
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({
    // Linux sound/soc/sof/intel/hda.h; four cores, all powered by the host
    "ADSPCS, 0x04, 4, 0x00000f0f, 0x000f0f0f",
    "ADSPIC, 0x08, 4, 0x0, 0x3",
    "ADSPIS, 0x0c, 4, 0x0, 0x0",
    "ADSPIC2, 0x10, 4, 0x0, 0x20",
    "ADSPIS2, 0x14, 4, 0x0, 0x0",
    "HIPCTDR, 0xc0, 4, 0x0, 0x0",
    "HIPCTDA, 0xc4, 4, 0x0, 0x0",
    "HIPCTDD, 0xc8, 4, 0x0, 0x0",
    "HIPCIDR, 0xd0, 4, 0x0, 0xffffffff",
    "HIPCIDA, 0xd4, 4, 0x0, 0x7fffffff",
    "HIPCIDD, 0xd8, 4, 0x0, 0xffffffff",
    "HIPCCTL, 0xe8, 4, 0x0, 0x3",
    "SSP0SSC1, 0x10004, 4, 0x0, 0xffffffff",
    "SSP2SSC1, 0x12004, 4, 0x0, 0xffffffff",
    "after the last SSP, 0x13004, 4, 0x0, 0x0",
  })
  void dspOfCavs18(String name, String at, int width, String reset, String ones) {
    try (BareDriver driver = BareDriver.open("cml").probe()) {
      check(driver.bar4, at, width, reset, ones);
    }
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "ADSPCS, 0x04, 4, 0x00000303, 0x00030303",
    "HIPCT, 0x40, 4, 0x0, 0x0",
    "HIPCTE, 0x44, 4, 0x0, 0x0",
    "HIPCI, 0x48, 4, 0x0, 0xffffffff",
    "HIPCIE, 0x4c, 4, 0x0, 0x3fffffff",
    "HIPCCTL, 0x50, 4, 0x0, 0x3",
    "HIPCIDR of cAVS 1.8, 0xd0, 4, 0x0, 0x0",
    "SSP5SSC1, 0x7004, 4, 0x0, 0xffffffff",
  })
  void dspOfCavs15Plus(String name, String at, int width, String reset, String ones) {
    try (BareDriver driver = BareDriver.open("apl").probe()) {
      check(driver.bar4, at, width, reset, ones);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "apl, 0x5a98",
    "cnl, 0x9dc8",
    "cml, 0x02c8",
    "icl, 0x34c8",
    "jsl, 0x4dc8",
    "tgl, 0xa0c8",
    "adl, 0x51c8"
  })
  void configurationSpace(String platform, String deviceId) {
    try (BareDriver driver = BareDriver.open(platform)) {
      RegisterBlock config = driver.config;
      assertThat(config.size()).isEqualTo(256);
      assertThat(config.read16(0x00)).isEqualTo(0x8086);
      assertThat(config.read16(0x02)).isEqualTo(Integer.decode(deviceId));
      assertThat(config.read32(0x08) >>> 8).isEqualTo(0x040380);
      assertThat(config.read8(0x34)).isEqualTo(0x50);
      assertThat(config.read16(0x50)).isEqualTo(0x8001);
      assertThat(config.read16(0x80)).isEqualTo(0x6009);
      assertThat(config.read8(0x82)).isEqualTo(0x14);
      assertThat(config.read16(0x60)).isEqualTo(0x0005);
      assertThat(config.read16(0x62)).isEqualTo(0x0080);
      assertThat(config.read32(0x48)).isEqualTo(0x40);
      assertThat(driver.bar0.size()).isEqualTo(16 << 10);
      assertThat(driver.bar4.size()).isEqualTo(1 << 20);
    }
  }

  @Test
  void globalRegistersReadAsOneWord() {
    try (BareDriver driver = BareDriver.open("tgl")) {
      assertThat(driver.bar0.read32(0x00)).isEqualTo(0x01009701);
    }
  }

  @Test
  void aWordAcrossWakeenAndStatestsTouchesBoth() {
    try (BareDriver driver = BareDriver.open("cml")) {
      driver.resetController();
      driver.bar0.write32(0x0c, 0xffff1234);
      assertThat(driver.bar0.read16(0x0c)).isEqualTo(0x1234);
      assertThat(driver.bar0.read32(0x0c)).isEqualTo(0x1234);
      driver.bar0.write16(0x0e, 0xffff);
      assertThat(driver.bar0.read16(0x0c)).isEqualTo(0x1234);
    }
  }

  @Test
  void aWordAcrossControlAndStatusClearsStatusBitsWrittenOne() {
    try (BareDriver driver = BareDriver.open("cml").probe()) {
      driver.romReady();
      assertThat(driver.load(Images.cml())).isTrue();
      driver.prepareImage(Images.cml());
      driver.programStream();
      driver.bar0.update32(BareDriver.PPCTL, 1 << BareDriver.STREAM, 0);
      driver.runSilently();
      assertThat(driver.within(2000, () -> (driver.bar0.read8(BareDriver.SD + 3) & 4) != 0))
          .isTrue();
      driver.bar0.write32(BareDriver.SD, 0x00100002);
      assertThat(driver.bar0.read32(BareDriver.SD)).isEqualTo(0x24100002);
      driver.bar0.write32(BareDriver.SD, 0x04100002);
      assertThat(driver.bar0.read32(BareDriver.SD)).isEqualTo(0x20100002);
    }
  }

  @Test
  void aWordAcrossFifoSizeAndFormatWritesTheFormat() {
    try (BareDriver driver = BareDriver.open("cml")) {
      driver.resetController();
      driver.bar0.write32(BareDriver.SD + 0x10, 0x00400000);
      assertThat(driver.bar0.read16(BareDriver.SD + 0x12)).isEqualTo(0x40);
      assertThat(driver.bar0.read32(BareDriver.SD + 0x10)).isEqualTo(0x004000bf);
    }
  }

  @Test
  void bytesOfAWordAreRegistersOfTheirOwn() {
    try (BareDriver driver = BareDriver.open("cml")) {
      driver.resetController();
      driver.bar0.write8(BareDriver.SD + 0x09, 0xab);
      driver.bar0.write16(BareDriver.SD + 0x0a, 0x1234);
      assertThat(driver.bar0.read32(BareDriver.SD + 0x08)).isEqualTo(0x1234ab00);
      assertThat(driver.bar0.read64(BareDriver.SD + 0x08)).isEqualTo(0x1234ab00L);
    }
  }

  @Test
  void theCapabilityListIsWalkedToItsEnd() {
    try (BareDriver driver = BareDriver.open("cml")) {
      StringBuilder ids = new StringBuilder();
      for (int at = driver.bar0.read16(0x14); at != 0; at = driver.bar0.read32(at) & 0xffff) {
        ids.append(driver.bar0.read32(at) >> 16 & 0xfff)
            .append('@')
            .append(Integer.toHexString(at));
        ids.append(' ');
      }
      assertThat(ids.toString().trim()).isEqualTo("2@c00 3@800 1@500 5@1f00 4@700");
    }
  }

  @Test
  void resetTakesItsTime() {
    try (BareDriver driver = BareDriver.open("cml")) {
      driver.bar0.write32(0x08, 1);
      assertThat(driver.bar0.read32(0x08)).isZero();
      assertThat(driver.within(1, () -> driver.bar0.read32(0x08) == 1)).isTrue();
      driver.bar0.write32(0x08, 0);
      assertThat(driver.bar0.read32(0x08)).isEqualTo(1);
      assertThat(driver.within(1, () -> driver.bar0.read32(0x08) == 0)).isTrue();
    }
  }

  @Test
  void resetClearsTheControllerButNotItsResumeWell() {
    try (BareDriver driver = BareDriver.open("cml").probe()) {
      driver.bar0.write16(0x0c, 0x7);
      driver.bar0.write32(0x1030, 0x55);
      driver.bar0.write32(BareDriver.SD + 8, 0x1000);
      driver.resetController();
      assertThat(driver.bar0.read16(0x0c)).isEqualTo(0x7);
      assertThat(driver.bar0.read32(0x1030)).isEqualTo(0x55);
      assertThat(driver.bar0.read32(BareDriver.SD + 8)).isZero();
      assertThat(driver.bar0.read32(BareDriver.PPCTL)).isZero();
    }
  }

  @Test
  void theWallClockRunsAt24Megahertz() {
    try (BareDriver driver = BareDriver.open("cml")) {
      driver.resetController();
      int before = driver.bar0.read32(0x30);
      driver.pass(1000);
      assertThat(driver.bar0.read32(0x30) - before).isEqualTo(24_000_000);
    }
  }

  @Test
  void aLinkFollowsItsPowerBit() {
    try (BareDriver driver = BareDriver.open("cml")) {
      driver.resetController();
      assertThat(driver.bar0.read32(0xc44)).isEqualTo(0x810000);
      driver.bar0.update32(0xc44, 1 << 16, 0);
      assertThat(driver.bar0.read32(0xc44)).isEqualTo(0x800000);
      assertThat(driver.within(1, () -> driver.bar0.read32(0xc44) == 0)).isTrue();
      driver.bar0.update32(0xc44, 1 << 16, 1 << 16);
      assertThat(driver.bar0.read32(0xc44)).isEqualTo(0x10000);
      assertThat(driver.within(1, () -> driver.bar0.read32(0xc44) == 0x810000)).isTrue();
    }
  }
}
