package dev.vflux.adsp;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Status words seen in the field, in words. */
class RomStatusTest {

  @Test
  void aRomThatWaitsForCode() {
    RomStatus status = new RomStatus(0x0500_0001, 0);
    assertThat(status.state()).isEqualTo(1);
    assertThat(status.waitState()).isEqualTo(5);
    assertThat(status.module()).isZero();
    assertThat(status.halted()).isFalse();
    assertThat(status.describe())
        .isEqualTo("0x05000001 (ROM, init done, waiting for DMA buffer full)");
    assertThat(status.likelyCause()).contains("bus mastering").contains("IOVA").contains("tag");
  }

  @Test
  void aRomThatWaitsForADisabledSecurityEngine() {
    RomStatus status = new RomStatus(0x0600_0021, 0);
    assertThat(status.describe()).contains("CSE reset phase 1").contains("the security engine");
    assertThat(status.likelyCause()).contains("CSME disabled");
  }

  @Test
  void aWrongKey() {
    RomStatus status = new RomStatus(0x8000_0012, 0x2c);
    assertThat(status.halted()).isTrue();
    assertThat(status.describe())
        .isEqualTo(
            "0x80000012 (halted, ROM, CSE validate request), error 44 (CSE_VALIDATION_FAILED)");
    assertThat(status.likelyCause()).contains("signature").contains("key").contains("Intel");
  }

  @Test
  void anImageShiftedByItsManifest() {
    RomStatus status = new RomStatus(0x8000_0007, 0x2f);
    assertThat(status.describe()).contains("get load offset").contains("LOAD_OFFSET_TOO_SMALL");
    assertThat(status.likelyCause()).contains("extended manifest");
  }

  @Test
  void aModuleAndACodeNobodyDocumented() {
    RomStatus status = new RomStatus(0xd000_000c, 0x97);
    assertThat(status.describe())
        .isEqualTo("0xd000000c (halted, ROM extension, state 0xc), error 151 (not documented)");
    assertThat(new RomStatus(0x7f00_0abc, 0).describe()).contains("module 7", "wait state 15");
  }

  @Test
  void aWindowThatDoesNotAnswerIsNotHalted() {
    RomStatus status = new RomStatus(-1, -1);
    assertThat(status.unreadable()).isTrue();
    assertThat(status.halted()).isFalse();
    assertThat(status.describe()).contains("does not answer");
  }

  @ParameterizedTest
  @CsvSource({
    "6, FAILURE",
    "20, INVALID_FEAT_MASK",
    "21, INVALID_PARAM",
    "40, CSE_ERROR",
    "41, CSE_WRONG_RESPONSE",
    "42, IMR_TOO_SMALL",
    "43, BASE_FW_NOT_FOUND",
    "44, CSE_VALIDATION_FAILED",
    "45, IPC_FATAL_ERROR",
    "46, L2_CACHE_ERROR",
    "47, LOAD_OFFSET_TOO_SMALL",
    "50, API_PTR_INVALID",
    "51, BASEFW_INCOMPAT",
    "0xbee00000, unhandled interrupt",
    "0xecc00000, ECC memory hole",
    "0xcafe0000, kernel exception",
    "0xbeef0000, user exception",
    "0xdecaf000, unexpected reset",
    "0x4c4c4e55, null firmware entry point"
  })
  void everyErrorHasItsName(String code, String name) {
    RomStatus status = new RomStatus(0x8000_0000, Long.decode(code).intValue());
    assertThat(status.describe()).contains("(" + name + ")");
  }

  @ParameterizedTest
  @CsvSource({
    "0, init",
    "1, init done",
    "2, CSE manifest loaded",
    "3, firmware manifest loaded",
    "4, firmware loaded",
    "5, firmware entered",
    "6, verify feature mask",
    "7, get load offset",
    "8, fetch ROM extension",
    "9, fetch ROM extension done",
    "0xf, base firmware entered",
    "0x10, CSE IMR request",
    "0x11, CSE IMR granted",
    "0x12, CSE validate request",
    "0x13, CSE image validated",
    "0x20, CSE interface init",
    "0x21, CSE reset phase 1",
    "0x22, CSE operational entry",
    "0x23, CSE operational",
    "0x24, CSE down"
  })
  void everyStateHasItsName(String state, String name) {
    assertThat(new RomStatus(Integer.decode(state), 0).describe()).contains("ROM, " + name);
  }
}
