package dev.vflux.adsp.emulated;

/**
 * Requests about power that concern the firmware alone: which cores are on. Layout: Linux {@code
 * include/sound/sof/pm.h}. Used under the board's lock.
 */
final class Ipc3Power {

  static final int CTX_SAVE = 0x001;
  static final int CTX_RESTORE = 0x002;
  static final int CTX_SIZE = 0x003;
  static final int CORE_ENABLE = 0x007;
  static final int GATE = 0x008;

  private static final int ENABLE_MASK = 8;
  private static final int PRIMARY = 1;

  private final int coreMask;
  private int enabled = PRIMARY;

  Ipc3Power(int cores) {
    this.coreMask = (1 << cores) - 1;
  }

  /** Only the first core runs. */
  void reset() {
    enabled = PRIMARY;
  }

  /** Refuses a core that does not run the firmware. */
  void requireOn(int core) throws RequestRefusedException {
    if (core < 0 || core >= Integer.SIZE || (enabled >>> core & 1) == 0) {
      throw RequestRefusedException.coreOff(core);
    }
  }

  void request(int command, Ipc3Message message) throws RequestRefusedException {
    switch (command) {
      case CORE_ENABLE -> enableCores(message.word(ENABLE_MASK));
      case CTX_SAVE, CTX_RESTORE, CTX_SIZE, GATE -> {
        // nothing changes that a host could see
      }
      default -> throw RequestRefusedException.invalid("power command " + command);
    }
  }

  private void enableCores(int mask) throws RequestRefusedException {
    if ((mask & ~coreMask) != 0) {
      throw RequestRefusedException.invalid("cores 0x" + Integer.toHexString(mask));
    }
    enabled = mask | PRIMARY;
  }
}
