package dev.vflux.ipc;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * What an IPC3 firmware tells without being asked. A copy of its message, whose size was checked;
 * what is in it is as the firmware wrote it. Immutable; any thread.
 */
public sealed interface IpcNotification {

  /**
   * The message's command word.
   *
   * @return 32 bits
   */
  int command();

  /**
   * A stream has moved a period; sent for streams that asked for it.
   *
   * @param command the command word, with the host component's id in bits 15:0
   * @param record where it is
   */
  record Position(int command, PositionRecord record) implements IpcNotification {}

  /**
   * A stream had too much or too little.
   *
   * @param command the command word, with the host component's id in bits 15:0
   * @param record where it was, and by how much
   */
  record Xrun(int command, PositionRecord record) implements IpcNotification {}

  /**
   * The trace has moved.
   *
   * @param command the command word
   * @param content the whole message, little-endian
   */
  record Trace(int command, ByteBuffer content) implements IpcNotification {

    /**
     * The whole message.
     *
     * @return read-only, little-endian; another view at each call
     */
    @Override
    public ByteBuffer content() {
      return view(content);
    }
  }

  /**
   * Something else: a control has changed, or a message of a newer firmware.
   *
   * @param command the command word
   * @param content the whole message, little-endian
   */
  record Other(int command, ByteBuffer content) implements IpcNotification {

    /**
     * The whole message.
     *
     * @return read-only, little-endian; another view at each call
     */
    @Override
    public ByteBuffer content() {
      return view(content);
    }
  }

  private static ByteBuffer view(ByteBuffer content) {
    return content.asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
  }
}
