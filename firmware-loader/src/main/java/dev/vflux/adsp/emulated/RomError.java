package dev.vflux.adsp.emulated;

/**
 * The ROM's error words, at 4 above the status (Linux {@code sound/soc/sof/intel/hda-dsp.c}; 20 and
 * 21 from the ROM description in the SOF documentation).
 */
final class RomError {

  static final int NONE = 0;
  static final int INVALID_FEATURE_MASK = 20;
  static final int INVALID_PARAM = 21;
  static final int CSE_ERROR = 40;
  static final int CSE_WRONG_RESPONSE = 41;
  static final int IMR_TOO_SMALL = 42;
  static final int BASE_FW_NOT_FOUND = 43;
  static final int CSE_VALIDATION_FAILED = 44;
  static final int IPC_FATAL_ERROR = 45;
  static final int L2_CACHE_ERROR = 46;
  static final int LOAD_OFFSET_TOO_SMALL = 47;
  static final int NULL_FW_ENTRY = 0x4c4c4e55;

  private RomError() {}

  /** In which state the ROM halts with an error; for errors of "any time", while it loads. */
  static int stateOf(int error) {
    return switch (error) {
      case L2_CACHE_ERROR -> RomState.INIT;
      case CSE_ERROR, CSE_WRONG_RESPONSE, IPC_FATAL_ERROR -> RomState.CSE_IMR_REQUEST;
      case INVALID_PARAM -> RomState.CSE_IMR_GRANTED;
      case INVALID_FEATURE_MASK -> RomState.VERIFY_FEATURE_MASK;
      case LOAD_OFFSET_TOO_SMALL -> RomState.GET_LOAD_OFFSET;
      case IMR_TOO_SMALL, BASE_FW_NOT_FOUND -> RomState.FW_MANIFEST;
      case CSE_VALIDATION_FAILED -> RomState.CSE_VALIDATE_REQUEST;
      case NULL_FW_ENTRY -> RomState.CSE_IMAGE_VALIDATED;
      default -> RomState.FW_LOADED;
    };
  }
}
