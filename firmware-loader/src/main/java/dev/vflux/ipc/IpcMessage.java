package dev.vflux.ipc;

/**
 * A message as its doorbell carries it: two words, as the device wrote them.
 *
 * @param primary the doorbell register without BUSY: bits 30:0
 * @param extension the data register beside it
 */
public record IpcMessage(int primary, int extension) {

  /** The doorbell word of an IPC3 firmware that is ready (Linux sof/header.h, SOF_IPC_FW_READY). */
  public static final int IPC3_FW_READY = 0x7000_0000;

  /** IPC4 message type, bits 28:24: a notification (Linux sof/ipc4/header.h). */
  public static final int IPC4_NOTIFICATION = 27;

  /** IPC4 notification id, bits 23:16: the firmware is ready. */
  public static final int IPC4_NOTIFY_FW_READY = 8;

  private static final int IPC4_MODULE_OR_REPLY = 0x6000_0000;
  private static final int IPC4_TYPE_SHIFT = 24;
  private static final int IPC4_TYPE = 0x1f;
  private static final int IPC4_NOTIFY_SHIFT = 16;
  private static final int IPC4_NOTIFY = 0xff;
  private static final int PANIC_MASK = 0x0fff_f000;
  private static final int PANIC = 0x0dea_d000;
  private static final int PANIC_CODE = 0xfff;

  private static final String[] PANIC_CODES = {
    "memory",
    "work queue",
    "IPC",
    "architecture",
    "platform",
    "task",
    "exception",
    "deadlock",
    "stack overflow",
    "idle",
    "wait for interrupt",
    "assertion"
  };

  /**
   * Whether an IPC3 firmware says that it is ready.
   *
   * @return true for the word 0x70000000
   */
  public boolean isIpc3FwReady() {
    return primary == IPC3_FW_READY;
  }

  /**
   * Whether an IPC4 firmware says that it is ready.
   *
   * @return true for a global notification with id 8
   */
  public boolean isIpc4FwReady() {
    return (primary & IPC4_MODULE_OR_REPLY) == 0
        && (primary >>> IPC4_TYPE_SHIFT & IPC4_TYPE) == IPC4_NOTIFICATION
        && (primary >>> IPC4_NOTIFY_SHIFT & IPC4_NOTIFY) == IPC4_NOTIFY_FW_READY;
  }

  /**
   * Whether an IPC3 firmware says that it has panicked.
   *
   * @return true for 0x0DEADxxx (Linux sof/trace.h)
   */
  public boolean isPanic() {
    return (primary & PANIC_MASK) == PANIC;
  }

  /**
   * The message in words.
   *
   * @return both words in hexadecimal, and what they mean where it is known
   */
  public String describe() {
    String words = "0x%08x, 0x%08x".formatted(primary, extension);
    if (isPanic()) {
      return words + " (" + describePanic() + ")";
    }
    if (isIpc3FwReady() || isIpc4FwReady()) {
      return words + " (FW_READY)";
    }
    return words;
  }

  /** Why a firmware that has panicked did. */
  String describePanic() {
    int code = primary & PANIC_CODE;
    return "panic: " + (code < PANIC_CODES.length ? PANIC_CODES[code] : "code " + code);
  }
}
