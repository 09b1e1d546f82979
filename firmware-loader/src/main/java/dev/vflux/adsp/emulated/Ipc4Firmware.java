package dev.vflux.adsp.emulated;

import java.nio.ByteBuffer;

/**
 * IPC4: the message is the doorbell's word and its extension; DONE says that it was taken and the
 * reply is a message of its own. Words: Linux {@code include/sound/sof/ipc4/header.h}.
 */
final class Ipc4Firmware extends FirmwareProtocol {

  private static final int FW_READY = 0x1b08_0000;
  private static final int REPLY = 0x2000_0000;
  private static final int TARGET_AND_TYPE = 0x5f00_0000;
  private static final int SET_DX = 0x4700_0000;
  private static final int SUCCESS = 0;
  private static final int UNKNOWN_MESSAGE_TYPE = 2;
  private static final int ABI_VERSION_AT = 0x1c;
  private static final int ABI_VERSION = 1;
  private static final int OTHER_ABI_VERSION = 4;
  private static final int DX_MASK_AT = 4;

  Ipc4Firmware(BaseFirmware firmware, DspSpace dsp, Doorbells doorbells, BootFaults faults) {
    super(firmware, dsp, doorbells, faults);
  }

  // FW_READY itself carries no ABI and no windows; a wrong ABI shows in the firmware registers.
  @Override
  void ready(FirmwareIdentity identity) {
    int abi = faults.abiMajor(OTHER_ABI_VERSION).orElse(ABI_VERSION);
    dsp.window(0).putInt(ABI_VERSION_AT, abi);
    firmware.send(FW_READY, 0);
  }

  @Override
  void halted() {
    // requests make nothing
  }

  @Override
  void request(int message, int extension) {
    doorbells.finish();
    int kind = message & TARGET_AND_TYPE;
    ByteBuffer payload = dsp.window(1);
    boolean coreOff = kind == SET_DX && (payload.getInt(0) & ~payload.getInt(DX_MASK_AT) & 1) != 0;
    firmware.send(kind | REPLY | (coreOff ? SUCCESS : UNKNOWN_MESSAGE_TYPE), 0);
  }

  @Override
  void refuse(int message, int error) {
    doorbells.finish();
    firmware.send((message & TARGET_AND_TYPE) | REPLY | error, 0);
  }

  @Override
  void panic(int code) {
    // follows the start of a stream, which this firmware does not have
  }
}
