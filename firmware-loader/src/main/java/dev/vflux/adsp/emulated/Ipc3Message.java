package dev.vflux.adsp.emulated;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * One IPC3 request, copied out of the mailbox before anything looks at it. A field beyond the end
 * of a shorter message reads 0, so an older host's structures are understood. Header: Linux {@code
 * include/sound/sof/header.h}.
 */
final class Ipc3Message {

  /** Size and command. */
  static final int HEADER_BYTES = 8;

  /** No message is longer. */
  static final int MOST_BYTES = 384;

  private static final int COMMAND_AT = 4;

  private final ByteBuffer bytes;

  private Ipc3Message(ByteBuffer bytes) {
    this.bytes = bytes;
  }

  /** The message in a mailbox; null sizes and sizes no message has are refused. */
  static Ipc3Message in(ByteBuffer mailbox) throws RequestRefusedException {
    int size = mailbox.getInt(0);
    if (size < HEADER_BYTES || size > MOST_BYTES) {
      throw RequestRefusedException.invalid("no message has the size " + size);
    }
    ByteBuffer copy = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    copy.put(0, mailbox, 0, size);
    return new Ipc3Message(copy);
  }

  int size() {
    return bytes.limit();
  }

  int command() {
    return bytes.getInt(COMMAND_AT);
  }

  /** A field of 32 bits. */
  int word(int at) {
    int value = 0;
    for (int i = 0; i < Integer.BYTES; i++) {
      value |= octet(at + i) << (8 * i);
    }
    return value;
  }

  /** A field of 16 bits, unsigned. */
  int half(int at) {
    return octet(at) | octet(at + 1) << 8;
  }

  /** A field of 8 bits, unsigned. */
  int octet(int at) {
    return at < bytes.limit() ? bytes.get(at) & 0xff : 0;
  }

  /** Bytes of the message; those beyond its end are 0. */
  byte[] slice(int at, int length) {
    byte[] part = new byte[length];
    int there = Math.max(0, Math.min(length, bytes.limit() - at));
    if (there > 0) {
      bytes.get(at, part, 0, there);
    }
    return part;
  }

  /** The whole message, to be changed into its reply. */
  ByteBuffer copy() {
    ByteBuffer copy = ByteBuffer.allocate(bytes.limit()).order(ByteOrder.LITTLE_ENDIAN);
    return copy.put(0, bytes, 0, bytes.limit());
  }
}
