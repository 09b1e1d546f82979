package dev.vflux.ipc;

import java.nio.ByteBuffer;
import java.util.EnumSet;
import java.util.Set;

/**
 * A request that names an object and no more: {@code struct sof_ipc_free}, {@code
 * sof_ipc_pipe_ready} and {@code sof_ipc_stream} (Linux {@code include/sound/sof/topology.h},
 * {@code stream.h}), 12 bytes.
 *
 * @param command COMP_FREE, BUFFER_FREE, PIPE_FREE, PIPE_COMPLETE, PCM_FREE or a trigger
 * @param id the object; of a stream the host component
 */
public record ObjectRequest(Ipc3Command command, int id) implements IpcRequest {

  /** Bytes of the message. */
  public static final int BYTES = 12;

  private static final int ID = 8;
  private static final Set<Ipc3Command> COMMANDS =
      EnumSet.of(
          Ipc3Command.COMP_FREE,
          Ipc3Command.BUFFER_FREE,
          Ipc3Command.PIPE_FREE,
          Ipc3Command.PIPE_COMPLETE,
          Ipc3Command.PCM_FREE,
          Ipc3Command.TRIG_START,
          Ipc3Command.TRIG_STOP,
          Ipc3Command.TRIG_PAUSE,
          Ipc3Command.TRIG_RELEASE);

  /**
   * Creates a request.
   *
   * @param command what to do
   * @param id with what
   * @throws IllegalArgumentException for a command that takes more
   */
  public ObjectRequest {
    if (!COMMANDS.contains(command)) {
      throw new IllegalArgumentException(command + " is not one of " + COMMANDS);
    }
  }

  /**
   * Decodes a message.
   *
   * @param command what it shall be
   * @param message the whole message
   * @return the request
   * @throws IllegalArgumentException when it is another message
   */
  public static ObjectRequest decode(Ipc3Command command, ByteBuffer message) {
    return new ObjectRequest(command, command.open(message, BYTES).getInt(ID));
  }

  @Override
  public ByteBuffer encode() {
    return command.begin(BYTES).putInt(ID, id);
  }
}
