package dev.vflux.ipc;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Doorbell words as firmware sends them. */
class IpcMessageTest {

  @Test
  void readyIsToldApartByProtocol() {
    IpcMessage ipc3 = new IpcMessage(0x7000_0000, 0x80);
    assertThat(ipc3.isIpc3FwReady()).isTrue();
    assertThat(ipc3.isIpc4FwReady()).isFalse();
    assertThat(ipc3.describe()).contains("FW_READY");
    IpcMessage ipc4 = new IpcMessage(0x1b08_0000, 0);
    assertThat(ipc4.isIpc4FwReady()).isTrue();
    assertThat(ipc4.isIpc3FwReady()).isFalse();
    // b15: libraries restored
    assertThat(new IpcMessage(0x1b08_8000, 0).isIpc4FwReady()).isTrue();
  }

  @Test
  void repliesAndModuleMessagesAndOtherNotificationsAreNotReady() {
    assertThat(new IpcMessage(0x3b08_0000, 0).isIpc4FwReady()).isFalse();
    assertThat(new IpcMessage(0x5b08_0000, 0).isIpc4FwReady()).isFalse();
    assertThat(new IpcMessage(0x1b06_0000, 0).isIpc4FwReady()).isFalse();
    assertThat(new IpcMessage(0x1a08_0000, 0).isIpc4FwReady()).isFalse();
  }

  @Test
  void panicIsNamed() {
    IpcMessage panic = new IpcMessage(0x0dea_d006, 0);
    assertThat(panic.isPanic()).isTrue();
    assertThat(panic.describe()).contains("exception");
    assertThat(new IpcMessage(0x0dea_dfff, 0).describe()).contains("code 4095");
    assertThat(new IpcMessage(0x0dea_c006, 0).isPanic()).isFalse();
  }

  @Test
  void doorbellsAreWhereLinuxHasThem() {
    assertThat(offsets(DoorbellLayout.CAVS_1_8))
        .containsExactly(0xc0, 0xc8, 0xc4, 0xd0, 0xd4, 0xe8);
    assertThat(DoorbellLayout.CAVS_1_8.doneBit()).isEqualTo(1 << 31);
    assertThat(offsets(DoorbellLayout.CAVS_1_5))
        .containsExactly(0x40, 0x44, 0x40, 0x48, 0x4c, 0x50);
    assertThat(DoorbellLayout.CAVS_1_5.doneBit()).isEqualTo(1 << 30);
    assertThat(DoorbellLayout.BUSY).isEqualTo(1 << 31);
    assertThat(DoorbellLayout.TDA_DONE).isEqualTo(1 << 31);
    assertThat(DoorbellLayout.CTL_BUSY | DoorbellLayout.CTL_DONE).isEqualTo(3);
  }

  private static int[] offsets(DoorbellLayout layout) {
    return new int[] {
      (int) layout.target().offset(),
      (int) layout.targetData().offset(),
      (int) layout.targetDone().offset(),
      (int) layout.initiator().offset(),
      (int) layout.initiatorDone().offset(),
      (int) layout.control().offset()
    };
  }
}
