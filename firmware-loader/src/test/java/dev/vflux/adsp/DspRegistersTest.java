package dev.vflux.adsp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vflux.ipc.FwReady;
import org.junit.jupiter.api.Test;

/** The DSP's numbers against values typed by hand from Linux sound/soc/sof/intel/hda.h. */
class DspRegistersTest {

  @Test
  void registersAreWhereLinuxHasThem() {
    assertThat(DspRegisters.ADSPCS.offset()).isEqualTo(0x04);
    assertThat(DspRegisters.ADSPIC.offset()).isEqualTo(0x08);
    assertThat(DspRegisters.ADSPIS.offset()).isEqualTo(0x0c);
    assertThat(DspRegisters.ROM_STATUS.offset()).isEqualTo(0x80000);
    assertThat(DspRegisters.ROM_ERROR.offset()).isEqualTo(0x80004);
    assertThat(DspRegisters.SSC1.offset()).isEqualTo(0x04);
    assertThat(DspRegisters.SSP_STRIDE).isEqualTo(0x1000);
    assertThat(DspRegisters.UPLINK_MAILBOX).isEqualTo(0x81000);
    assertThat(DspRegisters.UPLINK_MAILBOX_BYTES).isEqualTo(0x1000);
    assertThat(FwReady.READ_BYTES).isLessThanOrEqualTo(DspRegisters.UPLINK_MAILBOX_BYTES);
  }

  @Test
  void coreBitsLieInTheirBytes() {
    assertThat(0xf << DspRegisters.ADSPCS_CRST_SHIFT).isEqualTo(0x0000000f);
    assertThat(0xf << DspRegisters.ADSPCS_CSTALL_SHIFT).isEqualTo(0x00000f00);
    assertThat(0xf << DspRegisters.ADSPCS_SPA_SHIFT).isEqualTo(0x000f0000);
    assertThat(0xf << DspRegisters.ADSPCS_CPA_SHIFT).isEqualTo(0x0f000000);
    assertThat(DspRegisters.SSC1_CONSUMER).isEqualTo(1 << 25 | 1 << 24);
  }

  @Test
  void thePurgeRequestIsTheWordOfTheField() {
    int channel = 0;
    int request =
        DspRegisters.ROM_CONTROL
            | DspRegisters.ROM_CONTROL_PURGE
            | channel << DspRegisters.ROM_CONTROL_CHANNEL_SHIFT;
    assertThat(0x80000000 | request).isEqualTo(0x81004000);
    assertThat(6 << DspRegisters.ROM_CONTROL_CHANNEL_SHIFT).isEqualTo(0xc00);
  }
}
