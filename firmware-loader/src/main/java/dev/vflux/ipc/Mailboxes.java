package dev.vflux.ipc;

import dev.vflux.firmware.MailboxWindow;
import dev.vflux.firmware.WindowType;
import dev.vflux.ipc.IpcException.Reason;
import dev.vflux.vfio.RegisterBlock;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * The windows of a firmware that runs, read and written within their bounds. What the firmware
 * wrote is copied first and looked at then, so that it cannot change in between. Any thread; who
 * may write when is the doorbells' affair.
 */
final class Mailboxes {

  /** Bytes of the longest message (Linux sof/header.h, SOF_IPC_MSG_MAX_SIZE). */
  static final int MAX_MESSAGE = 384;

  /** Size and command of every message. */
  static final int HEADER = 8;

  /** Where a message has its command word. */
  static final int COMMAND_AT = 4;

  /** Size, command and error of every reply. */
  static final int REPLY_HEADER = 12;

  private static final int ERROR_AT = 8;

  // of the DSP's memory windows, in the data word of a panic
  private static final int EXTENSION_OFFSET = 0xff_ffff;

  /** Where BAR4 has window 0 on cAVS 1.5+ to 2.5 (Linux sound/soc/sof/intel/hda.h). */
  private static final long WINDOWS = 0x80000;

  private final String device;
  private final RegisterBlock bar4;
  private final Map<WindowType, MailboxWindow> windows = new EnumMap<>(WindowType.class);

  /** The first window of each type counts; a type that is not there has no bytes. */
  Mailboxes(String device, RegisterBlock bar4, List<MailboxWindow> windows) {
    this.device = device;
    this.bar4 = bar4;
    windows.forEach(window -> this.windows.putIfAbsent(window.type(), window));
  }

  private static long base(MailboxWindow window) {
    return WINDOWS + (long) FwReady.WINDOW_STRIDE * window.id() + window.offset();
  }

  private int bytes(WindowType type) {
    MailboxWindow window = windows.get(type);
    return window == null ? 0 : (int) Math.min(window.size(), FwReady.WINDOW_STRIDE);
  }

  private ByteBuffer read(WindowType type, int at, int length) {
    Objects.checkFromIndexSize(at, length, bytes(type));
    ByteBuffer copy = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    MailboxWindow window = windows.get(type);
    if (window != null) {
      bar4.read(base(window) + at, copy);
    }
    return copy.flip();
  }

  /** Fails for a message that the firmware would not take. */
  void checkRequest(ByteBuffer message) {
    int most = Math.min(MAX_MESSAGE, bytes(WindowType.DOWNBOX));
    int length = message.remaining();
    boolean header = length >= HEADER;
    if (!header || length > most || message.getInt(message.position()) != length) {
      throw new IpcException(
          Reason.BAD_REQUEST,
          header ? Ipc3Command.describe(message) : "request",
          device,
          "%d bytes%s, a message has %d to %d"
              .formatted(
                  length,
                  header ? " that say " + message.getInt(message.position()) : "",
                  HEADER,
                  most),
          "begin it with its own size and its command, little-endian");
    }
  }

  void writeRequest(ByteBuffer message) {
    MailboxWindow box = windows.get(WindowType.DOWNBOX);
    if (box != null) {
      bar4.write(base(box), message.duplicate());
    }
  }

  /**
   * The reply to a request, without error.
   *
   * @throws IpcException when the firmware tells of one, or what it tells cannot be right
   */
  ByteBuffer reply(String request, int command) {
    int most = Math.min(MAX_MESSAGE, bytes(WindowType.DOWNBOX));
    if (most < REPLY_HEADER) {
      throw badReply(request, "the mailbox has " + most + " bytes");
    }
    ByteBuffer header = read(WindowType.DOWNBOX, 0, REPLY_HEADER);
    int size = header.getInt(0);
    int word = header.getInt(COMMAND_AT);
    int error = header.getInt(ERROR_AT);
    if (size < REPLY_HEADER || size > most) {
      throw badReply(
          request, "a reply of %s bytes, not %d to %d".formatted(u32(size), REPLY_HEADER, most));
    }
    if (word != Ipc3Command.REPLY && word != command) {
      throw badReply(request, "0x%08x neither is a reply nor was asked".formatted(word));
    }
    if (error > 0 || error == Integer.MIN_VALUE) {
      throw badReply(request, "error " + error + " is neither 0 nor a negative errno");
    }
    if (error < 0) {
      throw IpcException.refused(request, device, -error);
    }
    return read(WindowType.DOWNBOX, 0, size);
  }

  private IpcException badReply(String request, String answer) {
    return new IpcException(
        Reason.BAD_REPLY,
        request,
        device,
        answer,
        "the firmware does not speak IPC3 as this host does, or its mailbox is damaged");
  }

  private static String u32(int value) {
    return Integer.toUnsignedString(value);
  }

  /** A message of the firmware; empty when its size is none a message has. */
  Optional<ByteBuffer> message() {
    int most = Math.min(MAX_MESSAGE, bytes(WindowType.UPBOX));
    if (most < HEADER) {
      return Optional.empty();
    }
    int size = read(WindowType.UPBOX, 0, HEADER).getInt(0);
    return size < HEADER || size > most
        ? Optional.empty()
        : Optional.of(read(WindowType.UPBOX, 0, size));
  }

  /** What a firmware that has panicked left, as far as a record can be long. */
  ByteBuffer exception() {
    int most = OopsRecord.MAX_REGISTER_BYTES + OopsRecord.AFTER_REGISTERS;
    return read(WindowType.EXCEPTION, 0, Math.min(most, bytes(WindowType.EXCEPTION)));
  }

  /** Whether a panic's data word names the window in which its record is looked for. */
  boolean isException(int extension) {
    MailboxWindow window = windows.get(WindowType.EXCEPTION);
    return window != null && base(window) - WINDOWS == (extension & EXTENSION_OFFSET);
  }

  /**
   * The record of a stream.
   *
   * @param offset as the firmware said in its reply to PCM_PARAMS
   * @throws IpcException when there is no record
   */
  PositionRecord position(int offset) {
    checkPosition(offset);
    return PositionRecord.decode(read(WindowType.STREAM, offset, PositionRecord.BYTES));
  }

  /** What PCM_PARAMS was answered with; fails where it cannot be right. */
  PcmParamsReply paramsReply(ByteBuffer reply) {
    if (reply.remaining() < PcmParamsReply.BYTES) {
      throw badReply(
          Ipc3Command.PCM_PARAMS.name(),
          reply.remaining() + " bytes, as for a stream that is active already");
    }
    PcmParamsReply params = PcmParamsReply.decode(reply);
    checkPosition(params.positionOffset());
    return params;
  }

  private void checkPosition(int offset) {
    int box = bytes(WindowType.STREAM);
    if (offset < 0 || offset % PositionRecord.BYTES != 0 || offset > box - PositionRecord.BYTES) {
      throw new IpcException(
          Reason.BAD_POSITION,
          "read position",
          device,
          "posn_offset %s is no multiple of %d inside %d bytes of the stream box"
              .formatted(u32(offset), PositionRecord.BYTES, box),
          "free the stream and set it up again; the firmware's answer was damaged");
    }
  }
}
