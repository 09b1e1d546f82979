package dev.vflux.adsp.emulated;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * What firmware leaves in the exception window when it panics: the registers of the core, where the
 * source is known a file and a line, and its stack. Layouts: {@code struct sof_ipc_dsp_oops_xtensa}
 * of Linux {@code include/sound/sof/xtensa.h} and {@code struct sof_ipc_panic_info} of {@code
 * trace.h}.
 */
final class Ipc3Panic {

  /** The doorbell's word, with a code in its lowest 12 bits. */
  static final int WORD = 0x0dea_d000;

  private static final int EXCEPTION = 0x6;

  private static final int XTENSA = 1;
  private static final int REGISTERS = 64;
  private static final int REGISTERS_AT = 124;
  private static final int OOPS_BYTES = REGISTERS_AT + Integer.BYTES * REGISTERS;
  private static final int INFO_BYTES = 44;
  private static final int INFO_FILE = 8;
  private static final int INFO_LINE = 40;
  private static final int STACK_WORDS = 32;

  private static final int TOTAL_SIZE = 4;
  private static final int CONFIG_HIGH = 8;
  private static final int CONFIG_LOW = 12;
  private static final int REGISTER_COUNT = 16;
  private static final int STACK_OFFSET = 20;
  private static final int STACK_POINTER = 24;
  private static final int CAUSE = 28;
  private static final int ADDRESS = 32;
  private static final int PS = 36;
  private static final int EPC_1 = 40;
  private static final int WINDOW_BASE = 112;
  private static final int WINDOW_START = 116;

  // made up, like the addresses
  private static final int CORE_ID_HIGH = 0xc2b3_fffe;
  private static final int CORE_ID_LOW = 0x2049_13a2;
  private static final int LOAD_PROHIBITED = 28;
  private static final int NO_ADDRESS = 0x10;
  private static final int PS_IN_EXCEPTION = 0x0006_0f30;
  private static final int SOMEWHERE_IN_CODE = 0xbe01_2c40;
  private static final int SOMEWHERE_ON_STACK = 0xbe05_fe40;
  private static final String FILE = "src/audio/host.c";
  private static final int LINE = 317;

  private Ipc3Panic() {}

  /** The record of a panic with a code. */
  static ByteBuffer record(int code) {
    ByteBuffer record =
        ByteBuffer.allocate(OOPS_BYTES + INFO_BYTES + Integer.BYTES * STACK_WORDS)
            .order(ByteOrder.LITTLE_ENDIAN);
    record.putInt(0, XTENSA).putInt(TOTAL_SIZE, OOPS_BYTES);
    record.putInt(CONFIG_HIGH, CORE_ID_HIGH).putInt(CONFIG_LOW, CORE_ID_LOW);
    record.putInt(REGISTER_COUNT, REGISTERS).putInt(STACK_OFFSET, OOPS_BYTES + INFO_BYTES);
    record.putInt(STACK_POINTER, SOMEWHERE_ON_STACK).putInt(PS, PS_IN_EXCEPTION);
    record.putInt(EPC_1, SOMEWHERE_IN_CODE).putInt(WINDOW_BASE, 0).putInt(WINDOW_START, 1);
    for (int i = 0; i < REGISTERS; i++) {
      record.putInt(REGISTERS_AT + Integer.BYTES * i, i == 1 ? SOMEWHERE_ON_STACK : 0xa0 + i);
    }
    record.putInt(OOPS_BYTES, INFO_BYTES).putInt(OOPS_BYTES + Integer.BYTES, WORD | code);
    if (code == EXCEPTION) {
      record.putInt(CAUSE, LOAD_PROHIBITED).putInt(ADDRESS, NO_ADDRESS);
    } else {
      record.put(OOPS_BYTES + INFO_FILE, FILE.getBytes(StandardCharsets.US_ASCII));
      record.putInt(OOPS_BYTES + INFO_LINE, LINE);
    }
    for (int i = 0; i < STACK_WORDS; i++) {
      record.putInt(OOPS_BYTES + INFO_BYTES + Integer.BYTES * i, SOMEWHERE_IN_CODE + 0x10 * i);
    }
    return record;
  }
}
