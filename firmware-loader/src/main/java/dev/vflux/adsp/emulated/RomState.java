package dev.vflux.adsp.emulated;

/**
 * The ROM's status word: state in bits 23:0, what it waits for in 27:24, module in 30:28, halted in
 * 31 (Linux {@code sound/soc/sof/intel/hda.h}), and the states it passes through on cAVS.
 */
final class RomState {

  static final int INIT = 0x0;
  static final int INIT_DONE = 0x1;
  static final int CSE_MANIFEST = 0x2;
  static final int FW_MANIFEST = 0x3;
  static final int FW_LOADED = 0x4;
  static final int FW_ENTERED = 0x5;
  static final int VERIFY_FEATURE_MASK = 0x6;
  static final int GET_LOAD_OFFSET = 0x7;
  static final int CSE_IMR_REQUEST = 0x10;
  static final int CSE_IMR_GRANTED = 0x11;
  static final int CSE_VALIDATE_REQUEST = 0x12;
  static final int CSE_IMAGE_VALIDATED = 0x13;

  static final int WAIT_NONE = 0;
  static final int WAIT_IPC_BUSY = 1;
  static final int WAIT_DMA_BUFFER_FULL = 5;
  static final int WAIT_CSE = 6;

  static final int MODULE_ROM = 0;
  static final int MODULE_BRINGUP = 4;

  /** State of the bring-up module while it takes an image back from the IMR. */
  static final int BRINGUP_IMR_RESTORE = 0x4;

  private static final int CSE_INTERFACE_FIRST = 0x20;
  private static final int CSE_INTERFACE_LAST = 0x24;
  private static final int HALTED = 0x80000000;

  private RomState() {}

  static int word(int module, int wait, int state) {
    return module << 28 | wait << 24 | state;
  }

  static int halted(int state) {
    return HALTED | state;
  }

  /** Whether the ROM passes through a state in a boot. */
  static boolean visited(int state) {
    return state <= GET_LOAD_OFFSET || (state >= CSE_IMR_REQUEST && state <= CSE_IMAGE_VALIDATED);
  }

  /** What the ROM waits for when it hangs in a state: the words public logs show for it. */
  static int usualWait(int state) {
    if (state == INIT_DONE || state == FW_LOADED) {
      return WAIT_DMA_BUFFER_FULL;
    }
    boolean asksCse =
        state == CSE_IMR_REQUEST
            || state == CSE_VALIDATE_REQUEST
            || (state >= CSE_INTERFACE_FIRST && state <= CSE_INTERFACE_LAST);
    return asksCse ? WAIT_CSE : WAIT_NONE;
  }
}
