package dev.vflux.ipc;

import java.nio.ByteBuffer;

/**
 * COMP_CONNECT: data goes from one to the other; one of them is a buffer. {@code struct
 * sof_ipc_pipe_comp_connect} of Linux {@code include/sound/sof/topology.h}, 16 bytes.
 *
 * @param source id of the component or buffer data comes from
 * @param sink id of the buffer or component data goes to
 */
public record CompConnect(int source, int sink) implements IpcRequest {

  /** Bytes of the message. */
  public static final int BYTES = 16;

  private static final int SOURCE_ID = 8;
  private static final int SINK_ID = 12;

  /**
   * Decodes a message.
   *
   * @param message the whole message
   * @return the request
   * @throws IllegalArgumentException when it is another message
   */
  public static CompConnect decode(ByteBuffer message) {
    ByteBuffer bytes = Ipc3Command.COMP_CONNECT.open(message, BYTES);
    return new CompConnect(bytes.getInt(SOURCE_ID), bytes.getInt(SINK_ID));
  }

  @Override
  public Ipc3Command command() {
    return Ipc3Command.COMP_CONNECT;
  }

  @Override
  public ByteBuffer encode() {
    return command().begin(BYTES).putInt(SOURCE_ID, source).putInt(SINK_ID, sink);
  }
}
