package dev.vflux.ipc;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What an IPC3 firmware leaves of itself in its exception window when it panics: {@code struct
 * sof_ipc_dsp_oops_xtensa}, {@code struct sof_ipc_panic_info} and a part of its stack (Linux {@code
 * include/sound/sof/header.h}, {@code xtensa.h}, {@code trace.h}), packed and little-endian. What
 * is in it is as the firmware wrote it, which was in trouble then. Immutable; any thread.
 *
 * @param registers by their Xtensa names in the order of the record: exccause, excvaddr, ps, epc1
 *     to epc7, eps2 to eps7, depc, intenable, interrupt, sar, debugcause, windowbase, windowstart,
 *     excsave1, then ar0 and on
 * @param stackPointer where its stack was, an address of the DSP
 * @param code the panic code, 0x0DEADxxx; empty when no panic information follows the registers
 * @param file the source file that panicked, at most 31 characters; empty when it is not known
 * @param line the line of that file
 * @param stack the words at the stack pointer, as many as fit into the window, at most {@link
 *     #STACK_WORDS}
 */
public record OopsRecord(
    Map<String, Integer> registers,
    int stackPointer,
    Optional<IpcMessage> code,
    String file,
    int line,
    List<Integer> stack) {

  /** How many words of the stack there are at most (as Linux prints). */
  public static final int STACK_WORDS = 32;

  /** Most bytes of the registers (Linux sound/soc/sof/intel/hda.h, HDA_DSP_MAX_OOPS). */
  public static final int MAX_REGISTER_BYTES = 0x400;

  private static final int TOTAL_SIZE = 4;
  private static final int AR_COUNT = 16;
  private static final int STACK_POINTER = 24;
  private static final int FIRST_REGISTER = 28;
  private static final int AR = 124;
  private static final String[] NAMES = {
    "exccause",
    "excvaddr",
    "ps",
    "epc1",
    "epc2",
    "epc3",
    "epc4",
    "epc5",
    "epc6",
    "epc7",
    "eps2",
    "eps3",
    "eps4",
    "eps5",
    "eps6",
    "eps7",
    "depc",
    "intenable",
    "interrupt",
    "sar",
    "debugcause",
    "windowbase",
    "windowstart",
    "excsave1"
  };

  // relative to the end of the registers
  private static final int PANIC_CODE = 4;
  private static final int PANIC_FILE = 8;
  private static final int PANIC_FILE_BYTES = 32;
  private static final int PANIC_LINE = 40;
  private static final int PANIC_BYTES = 44;

  /** Most bytes that are of interest behind the registers. */
  static final int AFTER_REGISTERS = PANIC_BYTES + STACK_WORDS * Integer.BYTES;

  /**
   * Creates a record.
   *
   * @param registers by name; copied, in its order
   * @param stackPointer where the stack was
   * @param code the panic code
   * @param file the source file
   * @param line its line
   * @param stack words of the stack; copied
   */
  public OopsRecord {
    registers = Collections.unmodifiableMap(new LinkedHashMap<>(registers));
    stack = List.copyOf(stack);
  }

  /**
   * Decodes a copy of the exception window. Every size is checked against the copy before it is
   * used.
   *
   * @param window the window, from its start to its end
   * @return the record; empty when there is none: its size cannot be right
   */
  public static Optional<OopsRecord> parse(ByteBuffer window) {
    ByteBuffer bytes = window.slice().order(ByteOrder.LITTLE_ENDIAN);
    if (bytes.limit() < AR) {
      return Optional.empty();
    }
    int size = bytes.getInt(TOTAL_SIZE);
    if (size < AR || size > MAX_REGISTER_BYTES || size > bytes.limit()) {
      return Optional.empty();
    }
    Optional<IpcMessage> code = panicCode(bytes, size);
    return Optional.of(
        new OopsRecord(
            registers(bytes, size),
            bytes.getInt(STACK_POINTER),
            code,
            code.isPresent() ? file(bytes, size) : "",
            code.isPresent() ? bytes.getInt(size + PANIC_LINE) : 0,
            stack(bytes, size + PANIC_BYTES)));
  }

  private static Map<String, Integer> registers(ByteBuffer bytes, int size) {
    Map<String, Integer> registers = new LinkedHashMap<>();
    for (int i = 0; i < NAMES.length; i++) {
      registers.put(NAMES[i], bytes.getInt(FIRST_REGISTER + Integer.BYTES * i));
    }
    int there = (size - AR) / Integer.BYTES;
    long said = Integer.toUnsignedLong(bytes.getInt(AR_COUNT));
    for (int i = 0; i < Math.min(there, said); i++) {
      registers.put("ar" + i, bytes.getInt(AR + Integer.BYTES * i));
    }
    return registers;
  }

  private static Optional<IpcMessage> panicCode(ByteBuffer bytes, int at) {
    if (bytes.limit() - at < PANIC_BYTES) {
      return Optional.empty();
    }
    return Optional.of(new IpcMessage(bytes.getInt(at + PANIC_CODE), 0))
        .filter(IpcMessage::isPanic);
  }

  private static String file(ByteBuffer bytes, int at) {
    byte[] name = new byte[PANIC_FILE_BYTES - 1];
    bytes.get(at + PANIC_FILE, name);
    return Printable.upToNul(name);
  }

  private static List<Integer> stack(ByteBuffer bytes, int at) {
    List<Integer> words = new ArrayList<>();
    for (int word = at; words.size() < STACK_WORDS && word <= bytes.limit() - Integer.BYTES; ) {
      words.add(bytes.getInt(word));
      word += Integer.BYTES;
    }
    return words;
  }

  /**
   * The record in one line.
   *
   * @return code, place and the registers that tell most
   */
  public String describe() {
    String place = file.isEmpty() ? "" : " at " + file + ":" + Integer.toUnsignedString(line);
    return code.map(IpcMessage::describePanic).orElse("no panic code")
        + place
        + ", exccause %d, excvaddr 0x%08x, epc1 0x%08x, ps 0x%08x, stack pointer 0x%08x"
            .formatted(
                registers.getOrDefault("exccause", 0),
                registers.getOrDefault("excvaddr", 0),
                registers.getOrDefault("epc1", 0),
                registers.getOrDefault("ps", 0),
                stackPointer);
  }
}
