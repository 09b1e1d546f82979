package dev.vflux.ipc;

import java.nio.ByteBuffer;

/**
 * BUFFER_NEW: memory between two components. {@code struct sof_ipc_buffer} of Linux {@code
 * include/sound/sof/topology.h}, 44 bytes.
 *
 * @param id its id
 * @param pipeline the pipeline_id it belongs to
 * @param core the core whose memory it is
 * @param size bytes
 * @param caps what the memory must be able to, see {@link #CAPS_DMA}
 */
public record BufferNew(int id, int pipeline, int core, int size, int caps) implements IpcRequest {

  /** Bytes of the message. */
  public static final int BYTES = 44;

  /** Memory a DMA of the DSP reaches: RAM, DMA and CACHE. */
  public static final int CAPS_DMA = 0x01 | 0x20 | 0x40;

  private static final int ID = 8;
  private static final int TYPE = 12;
  private static final int PIPELINE_ID = 16;
  private static final int CORE = 20;
  private static final int SIZE = 28;
  private static final int CAPS = 32;

  // SOF_COMP_BUFFER
  private static final int TYPE_BUFFER = 12;

  /**
   * Decodes a message.
   *
   * @param message the whole message
   * @return the request
   * @throws IllegalArgumentException when it is another message
   */
  public static BufferNew decode(ByteBuffer message) {
    ByteBuffer bytes = Ipc3Command.BUFFER_NEW.open(message, BYTES);
    return new BufferNew(
        bytes.getInt(ID),
        bytes.getInt(PIPELINE_ID),
        bytes.getInt(CORE),
        bytes.getInt(SIZE),
        bytes.getInt(CAPS));
  }

  @Override
  public Ipc3Command command() {
    return Ipc3Command.BUFFER_NEW;
  }

  @Override
  public ByteBuffer encode() {
    return command()
        .begin(BYTES)
        .putInt(ID, id)
        .putInt(TYPE, TYPE_BUFFER)
        .putInt(PIPELINE_ID, pipeline)
        .putInt(CORE, core)
        .putInt(SIZE, size)
        .putInt(CAPS, caps);
  }
}
