package dev.vflux.adsp;

/**
 * What the DSP's ROM says of itself, decoded: the status word at the start of SRAM window 0 and the
 * error word behind it. Sources: Linux {@code sound/soc/sof/intel/hda.h} and {@code hda-dsp.c}, the
 * SOF project's description of the Apollo Lake boot ROM. Immutable; any thread.
 *
 * @param status state in bits 23:0, wait in 27:24, module in 30:28, halted in 31
 * @param error the error word; an error only when the ROM has halted
 */
public record RomStatus(int status, int error) {

  /** The security engine found the image's signature or its key wrong. */
  public static final int CSE_VALIDATION_FAILED = 44;

  private static final int STATE_MASK = 0x00ff_ffff;
  private static final int WAIT_SHIFT = 24;
  private static final int WAIT_MASK = 0xf;
  private static final int MODULE_SHIFT = 28;
  private static final int MODULE_MASK = 0x7;
  private static final int WAIT_CSE = 6;
  private static final int WAIT_DMA = 5;
  private static final int CSE_STATES_FIRST = 0x20;
  private static final int CSE_STATES_LAST = 0x24;

  private static final String[] WAITS = {
    "nothing",
    "IPC busy",
    "IPC done",
    "cache invalidation",
    "LP SRAM off",
    "DMA buffer full",
    "the security engine"
  };

  private static final String[] MODULES = {
    "ROM", "ROM bypass", "base firmware", "LP boot", "bring-up", "ROM extension"
  };

  /**
   * The state code.
   *
   * @return 24 bits
   */
  public int state() {
    return status & STATE_MASK;
  }

  /**
   * What the ROM waits for.
   *
   * @return 4 bits
   */
  public int waitState() {
    return status >>> WAIT_SHIFT & WAIT_MASK;
  }

  /**
   * Which part of the boot code runs.
   *
   * @return 3 bits
   */
  public int module() {
    return status >>> MODULE_SHIFT & MODULE_MASK;
  }

  /**
   * Whether the ROM has given up.
   *
   * @return true when it runs no more; the error word then says why
   */
  public boolean halted() {
    return status < 0 && !unreadable();
  }

  /**
   * Whether the window does not answer.
   *
   * @return true when the status reads all ones
   */
  public boolean unreadable() {
    return status == -1;
  }

  /**
   * Both words in words.
   *
   * @return for instance {@code 0x80000012 (halted, ROM, CSE validate request), error 44 (...)}
   */
  public String describe() {
    if (unreadable()) {
      return "0x%08x (the window does not answer)".formatted(status);
    }
    StringBuilder text = new StringBuilder("0x%08x (".formatted(status));
    text.append(halted() ? "halted, " : "");
    text.append(name(MODULES, module(), "module ")).append(", ").append(stateName());
    if (waitState() != 0) {
      text.append(", waiting for ").append(name(WAITS, waitState(), "wait state "));
    }
    text.append(')');
    if (halted()) {
      text.append(", error ").append(errorNumber()).append(" (").append(errorName()).append(')');
    }
    return text.toString();
  }

  private static String name(String[] names, int code, String otherwise) {
    return code < names.length ? names[code] : otherwise + code;
  }

  private String errorNumber() {
    return error >>> Short.SIZE == 0 ? Integer.toString(error) : "0x%08x".formatted(error);
  }

  private String stateName() {
    return switch (state()) {
      case 0x00 -> "init";
      case 0x01 -> "init done";
      case 0x02 -> "CSE manifest loaded";
      case 0x03 -> "firmware manifest loaded";
      case 0x04 -> "firmware loaded";
      case 0x05 -> "firmware entered";
      case 0x06 -> "verify feature mask";
      case 0x07 -> "get load offset";
      case 0x08 -> "fetch ROM extension";
      case 0x09 -> "fetch ROM extension done";
      case 0x0f -> "base firmware entered";
      case 0x10 -> "CSE IMR request";
      case 0x11 -> "CSE IMR granted";
      case 0x12 -> "CSE validate request";
      case 0x13 -> "CSE image validated";
      case 0x20 -> "CSE interface init";
      case 0x21 -> "CSE reset phase 1";
      case 0x22 -> "CSE operational entry";
      case 0x23 -> "CSE operational";
      case 0x24 -> "CSE down";
      default -> "state 0x%x".formatted(state());
    };
  }

  private String errorName() {
    return switch (error) {
      case 0 -> "none";
      case 6 -> "FAILURE";
      case 20 -> "INVALID_FEAT_MASK";
      case 21 -> "INVALID_PARAM";
      case 40 -> "CSE_ERROR";
      case 41 -> "CSE_WRONG_RESPONSE";
      case 42 -> "IMR_TOO_SMALL";
      case 43 -> "BASE_FW_NOT_FOUND";
      case CSE_VALIDATION_FAILED -> "CSE_VALIDATION_FAILED";
      case 45 -> "IPC_FATAL_ERROR";
      case 46 -> "L2_CACHE_ERROR";
      case 47 -> "LOAD_OFFSET_TOO_SMALL";
      case 50 -> "API_PTR_INVALID";
      case 51 -> "BASEFW_INCOMPAT";
      case 0xbee00000 -> "unhandled interrupt";
      case 0xecc00000 -> "ECC memory hole";
      case 0xcafe0000 -> "kernel exception";
      case 0xbeef0000 -> "user exception";
      case 0xdecaf000 -> "unexpected reset";
      case 0x4c4c4e55 -> "null firmware entry point";
      default -> "not documented";
    };
  }

  /**
   * What has most likely gone wrong, and what to try.
   *
   * @return advice in words; empty when the words say nothing more than {@link #describe}
   */
  public String likelyCause() {
    if (unreadable()) {
      return "the DSP has no power or its gating is on";
    }
    if (halted()) {
      return errorCause();
    }
    boolean inCseStates = state() >= CSE_STATES_FIRST && state() <= CSE_STATES_LAST;
    if (inCseStates || waitState() == WAIT_CSE) {
      return "the ROM waits for the security engine: is CSME disabled in the firmware setup?";
    }
    if (waitState() == WAIT_DMA) {
      return "the ROM waits for code: is bus mastering on, is the image's IOVA mapped, does the"
          + " stream's tag match the purge request?";
    }
    return "";
  }

  private String errorCause() {
    return switch (error) {
      case CSE_VALIDATION_FAILED ->
          "the signature is wrong or made with a key this part does not trust: a production part"
              + " takes only firmware signed by Intel for its platform, not community-signed images";
      case 40, 41, 45 -> "the security engine did not answer as it should: is CSME disabled?";
      case 42 -> "the image does not fit the isolated memory: is it for another platform?";
      case 43, 20, 47 ->
          "the image is not one for this platform, or an extended manifest was not stripped";
      case 21 -> "the purge request named a DMA channel out of range";
      case 0x4c4c4e55, 50, 51 -> "the base firmware does not fit this ROM: is it for another part?";
      case 0xbee00000, 0xecc00000, 0xcafe0000, 0xbeef0000, 0xdecaf000 ->
          "the boot code crashed: power-cycle the machine if it happens again";
      default -> "";
    };
  }
}
