package dev.vflux.ipc;

import dev.vflux.firmware.MailboxWindow;
import dev.vflux.firmware.WindowType;
import dev.vflux.testing.FuzzContract;
import dev.vflux.vfio.DriverException;
import dev.vflux.vfio.MappedRegisterBlock;
import dev.vflux.vfio.RegisterBlock;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The windows of a running firmware with any bytes: its reply, its message, the record of a stream
 * and that of a panic, one behind the other.
 */
class MailboxesFuzzTest extends FuzzContract {

  private static final int BAR4_WINDOWS = 0x80000;
  private static final int BOX = Mailboxes.MAX_MESSAGE;
  private static final int STREAMS = 4 * PositionRecord.BYTES;
  private static final int EXCEPTION = OopsRecord.MAX_REGISTER_BYTES + OopsRecord.AFTER_REGISTERS;
  private static final int REPLY_AT = 0;
  private static final int MESSAGE_AT = REPLY_AT + BOX;
  private static final int STREAM_AT = MESSAGE_AT + BOX;
  private static final int EXCEPTION_AT = STREAM_AT + STREAMS;
  private static final int END = EXCEPTION_AT + EXCEPTION;
  private static final List<MailboxWindow> WINDOWS =
      List.of(
          new MailboxWindow(WindowType.DOWNBOX, 0, 0, BOX, REPLY_AT),
          new MailboxWindow(WindowType.UPBOX, 0, 0, BOX, MESSAGE_AT),
          new MailboxWindow(WindowType.STREAM, 0, 0, STREAMS, STREAM_AT),
          new MailboxWindow(WindowType.EXCEPTION, 0, 0, EXCEPTION, EXCEPTION_AT));

  private static ByteBuffer window() {
    return ByteBuffer.allocate(END).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static byte[] bytes(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.capacity()];
    buffer.get(0, bytes);
    return bytes;
  }

  private static byte[] seed(byte[] reply, byte[] message) {
    return bytes(window().put(REPLY_AT, reply).put(MESSAGE_AT, message));
  }

  private static byte[] reply(int command, int error) {
    return bytes(
        ByteBuffer.allocate(12)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putInt(0, 12)
            .putInt(4, command)
            .putInt(8, error));
  }

  private static byte[] position(Ipc3Command command) {
    return bytes(
        new PositionRecord(command.word(), 0, 3, 7, 1, 2, 3L, 4L, 5L, 6L, 7L, 8, -9).encode());
  }

  @Override
  protected List<byte[]> seeds() {
    List<byte[]> seeds = new ArrayList<>();
    byte[] params = bytes(new PcmParamsReply(3, PositionRecord.BYTES).encode());
    seeds.add(seed(params, position(Ipc3Command.POSITION)));
    seeds.add(seed(reply(Ipc3Command.REPLY, 0), position(Ipc3Command.TRIG_XRUN)));
    seeds.add(seed(reply(Ipc3Command.REPLY, -22), reply(0x90020000, 0)));
    int size = 124 + 4 * 16;
    ByteBuffer oops = window().putInt(EXCEPTION_AT, 1).putInt(EXCEPTION_AT + 4, size);
    oops.putInt(EXCEPTION_AT + 16, 16).putInt(EXCEPTION_AT + 20, size);
    oops.putInt(EXCEPTION_AT + size, 44).putInt(EXCEPTION_AT + size + 4, 0x0dea_d00b);
    seeds.add(bytes(oops));
    return seeds;
  }

  @Override
  protected int longest() {
    return END;
  }

  /** The registers, which no firmware has a say in. */
  @Override
  protected long allowance(int length) {
    return BAR4_WINDOWS + super.allowance(length);
  }

  @Override
  protected void read(byte[] input) {
    ByteBuffer memory = ByteBuffer.allocateDirect(BAR4_WINDOWS + END);
    memory.put(BAR4_WINDOWS, Arrays.copyOf(input, END));
    MappedRegisterBlock bar4 = RegisterBlock.over("BAR4", memory);
    try {
      read(new Mailboxes("fuzz", bar4, WINDOWS));
    } finally {
      bar4.close();
    }
  }

  private static void read(Mailboxes mailboxes) {
    OopsRecord.parse(mailboxes.exception()).ifPresent(oops -> says(oops.describe()));
    Optional<ByteBuffer> message = mailboxes.message();
    if (message.isPresent()) {
      says(Ipc3Transport.decode(message.get()));
      says(Ipc3Command.describe(message.get()));
    }
    try {
      int size = mailboxes.reply("PIPE_NEW", Ipc3Command.PIPE_NEW.word()).remaining();
      must(size >= Mailboxes.REPLY_HEADER && size <= BOX, "it lies in the box");
    } catch (DriverException refused) {
      must(refused.operation().equals("PIPE_NEW"), "it names the request");
    }
    ByteBuffer reply = mailboxes.reply("PCM_PARAMS", Ipc3Command.PCM_PARAMS.word());
    PcmParamsReply params = mailboxes.paramsReply(reply);
    says(mailboxes.position(params.positionOffset()));
  }
}
