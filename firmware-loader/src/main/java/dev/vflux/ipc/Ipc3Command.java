package dev.vflux.ipc;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;

/**
 * What an IPC3 message is about: the upper half of its command word, a global type in bits 31:28
 * and a command in 27:16. In messages about a stream that the firmware sends, bits 15:0 are the
 * component's id. Source: Linux {@code include/sound/sof/header.h}.
 */
public enum Ipc3Command {
  /** A component is made. */
  COMP_NEW(3, 0x001, Ids.ONE),
  /** A component is freed. */
  COMP_FREE(3, 0x002, Ids.ONE),
  /** A component and a buffer are connected. */
  COMP_CONNECT(3, 0x003, Ids.TWO),
  /** A pipeline is made. */
  PIPE_NEW(3, 0x010, Ids.ONE),
  /** A pipeline is freed. */
  PIPE_FREE(3, 0x011, Ids.ONE),
  /** A pipeline has all its components. */
  PIPE_COMPLETE(3, 0x013, Ids.ONE),
  /** A buffer is made. */
  BUFFER_NEW(3, 0x020, Ids.ONE),
  /** A buffer is freed. */
  BUFFER_FREE(3, 0x021, Ids.ONE),
  /** The firmware saves its context and switches its memory off. */
  CTX_SAVE(4, 0x001, Ids.NONE),
  /** The firmware restores its context. */
  CTX_RESTORE(4, 0x002, Ids.NONE),
  /** How large the context is. */
  CTX_SIZE(4, 0x003, Ids.NONE),
  /** Which cores shall be on. */
  CORE_ENABLE(4, 0x007, Ids.NONE),
  /** Which gating is allowed. */
  PM_GATE(4, 0x008, Ids.NONE),
  /** A control is set. */
  SET_VALUE(5, 0x001, Ids.NONE),
  /** A control is read. */
  GET_VALUE(5, 0x002, Ids.NONE),
  /** Binary data is set. */
  SET_DATA(5, 0x003, Ids.NONE),
  /** Binary data is read. */
  GET_DATA(5, 0x004, Ids.NONE),
  /** A component tells of something. */
  COMP_NOTIFICATION(5, 0x005, Ids.NONE),
  /** A stream gets its parameters. */
  PCM_PARAMS(6, 0x001, Ids.ONE),
  /** A stream loses its parameters. */
  PCM_FREE(6, 0x003, Ids.ONE),
  /** A stream starts. */
  TRIG_START(6, 0x004, Ids.ONE),
  /** A stream stops. */
  TRIG_STOP(6, 0x005, Ids.ONE),
  /** A stream pauses. */
  TRIG_PAUSE(6, 0x006, Ids.ONE),
  /** A paused stream goes on. */
  TRIG_RELEASE(6, 0x007, Ids.ONE),
  /** A stream plays what it has; SOF 2.2 does not. */
  TRIG_DRAIN(6, 0x008, Ids.ONE),
  /** A stream had too much or too little. */
  TRIG_XRUN(6, 0x009, Ids.ONE),
  /** Where a stream is. */
  POSITION(6, 0x00a, Ids.ONE),
  /** The firmware is ready. */
  FW_READY(7, 0x000, Ids.NONE),
  /** An audio interface is configured. */
  DAI_CONFIG(8, 0x001, Ids.NONE),
  /** The trace gets its DMA. */
  TRACE_DMA_PARAMS(9, 0x001, Ids.NONE),
  /** How far the trace has got. */
  TRACE_DMA_POSITION(9, 0x002, Ids.NONE),
  /** The trace gets its DMA, with a timestamp. */
  TRACE_DMA_PARAMS_EXT(9, 0x003, Ids.NONE),
  /** What is traced. */
  TRACE_FILTER_UPDATE(9, 0x004, Ids.NONE),
  /** The trace loses its DMA. */
  TRACE_DMA_FREE(9, 0x005, Ids.NONE);

  private enum Ids {
    NONE,
    ONE,
    TWO
  }

  /** The command word of a reply that is no more than one. */
  static final int REPLY = 0x1000_0000;

  private static final int GLOBAL_SHIFT = 28;
  private static final int COMMAND_SHIFT = 16;
  private static final int COMMAND_AT = 4;
  private static final int FIRST_ID_AT = 8;
  private static final int SECOND_ID_AT = 12;
  private static final int TRACE = 9;

  private final int global;
  private final int command;
  private final Ids ids;

  Ipc3Command(int global, int command, Ids ids) {
    this.global = global;
    this.command = command;
    this.ids = ids;
  }

  /**
   * The command word.
   *
   * @return 32 bits, with an id of 0
   */
  public int word() {
    return global << GLOBAL_SHIFT | command << COMMAND_SHIFT;
  }

  /**
   * What a command word says.
   *
   * @param word 32 bits; the id in bits 15:0 is ignored
   * @return the command; empty for one that has no name here
   */
  public static Optional<Ipc3Command> of(int word) {
    for (Ipc3Command known : values()) {
      if (known.word() >>> COMMAND_SHIFT == word >>> COMMAND_SHIFT) {
        return Optional.of(known);
      }
    }
    return Optional.empty();
  }

  /** Whether it is about the firmware's trace. */
  boolean isTrace() {
    return global == TRACE;
  }

  /** A message with its header, the rest 0. */
  ByteBuffer begin(int bytes) {
    return ByteBuffer.allocate(bytes)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(0, bytes)
        .putInt(COMMAND_AT, word());
  }

  /**
   * The bytes of a message of this command.
   *
   * @throws IllegalArgumentException for another command, another size than it says, or fewer bytes
   */
  ByteBuffer open(ByteBuffer message, int atLeast) {
    ByteBuffer bytes = message.slice().order(ByteOrder.LITTLE_ENDIAN);
    if (bytes.limit() < Math.max(atLeast, FIRST_ID_AT)
        || bytes.getInt(0) != bytes.limit()
        || bytes.getInt(COMMAND_AT) != word()) {
      throw new IllegalArgumentException(
          "%d bytes are no %s of at least %d".formatted(bytes.limit(), this, atLeast));
    }
    return bytes;
  }

  /** A request in words: its name and the ids in it. */
  static String describe(ByteBuffer request) {
    ByteBuffer bytes = request.slice().order(ByteOrder.LITTLE_ENDIAN);
    int word = bytes.getInt(COMMAND_AT);
    Optional<Ipc3Command> known = of(word);
    if (known.isEmpty()) {
      return "request 0x%08x".formatted(word);
    }
    Ids shown = known.get().ids;
    if (shown == Ids.TWO && bytes.limit() >= SECOND_ID_AT + Integer.BYTES) {
      return "%s %d to %d"
          .formatted(known.get(), bytes.getInt(FIRST_ID_AT), bytes.getInt(SECOND_ID_AT));
    }
    return shown == Ids.ONE && bytes.limit() >= FIRST_ID_AT + Integer.BYTES
        ? known.get() + " " + bytes.getInt(FIRST_ID_AT)
        : known.get().name();
  }
}
