package dev.vflux.ipc;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * What the firmware answers to PCM_PARAMS: {@code struct sof_ipc_pcm_params_reply} of Linux {@code
 * include/sound/sof/stream.h}, 20 bytes. As the firmware wrote it: {@link Ipc3#position} checks the
 * offset. Immutable; any thread.
 *
 * @param component id of the host component
 * @param positionOffset posn_offset: where the stream's {@link PositionRecord} lies in the stream
 *     box, in bytes
 */
public record PcmParamsReply(int component, int positionOffset) {

  /** Bytes of the reply. */
  public static final int BYTES = 20;

  private static final int COMP_ID = 12;
  private static final int POSN_OFFSET = 16;

  /**
   * Decodes a reply without error.
   *
   * @param reply the whole reply
   * @return what it says
   * @throws IllegalArgumentException when it is shorter, as it is for a stream that was active
   */
  public static PcmParamsReply decode(ByteBuffer reply) {
    ByteBuffer bytes = reply.slice().order(ByteOrder.LITTLE_ENDIAN);
    if (bytes.limit() < BYTES) {
      throw new IllegalArgumentException(
          bytes.limit() + " bytes are no reply to PCM_PARAMS of " + BYTES);
    }
    return new PcmParamsReply(bytes.getInt(COMP_ID), bytes.getInt(POSN_OFFSET));
  }

  /**
   * Encodes this reply.
   *
   * @return {@link #BYTES} bytes, little-endian, with error 0
   */
  public ByteBuffer encode() {
    return Ipc3Command.PCM_PARAMS
        .begin(BYTES)
        .putInt(COMP_ID, component)
        .putInt(POSN_OFFSET, positionOffset);
  }
}
