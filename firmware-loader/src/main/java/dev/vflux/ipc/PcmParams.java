package dev.vflux.ipc;

import dev.vflux.hda.StreamDirection;
import java.nio.ByteBuffer;

/**
 * PCM_PARAMS: a stream between a host DMA and a pipeline. {@code struct sof_ipc_pcm_params} of
 * Linux {@code include/sound/sof/stream.h}, 108 bytes. The address of the host's buffer is left 0:
 * on cAVS the host DMA has it.
 *
 * @param component id of the host component
 * @param direction which way
 * @param format how samples lie in the host's memory; interleaved
 * @param rate frames per second
 * @param channels 1 to 8
 * @param streamTag tag of the host DMA's stream, 1 to 15
 * @param bufferBytes the host's buffer, in bytes
 * @param periodBytes how often a position is told, in bytes, 0 for never; before ABI 3.10 this
 *     alone decides
 * @param noPositionMessages no POSITION is sent (ABI 3.10 and later)
 * @param continuousPosition the record in the stream box is kept up to date all the same
 */
public record PcmParams(
    int component,
    StreamDirection direction,
    FrameFormat format,
    int rate,
    int channels,
    int streamTag,
    int bufferBytes,
    int periodBytes,
    boolean noPositionMessages,
    boolean continuousPosition)
    implements IpcRequest {

  /** Bytes of the message. */
  public static final int BYTES = 108;

  private static final int COMP_ID = 8;
  private static final int PARAMS_SIZE = 24;
  private static final int BUFFER_PAGES = 36;
  private static final int BUFFER_SIZE = 40;
  private static final int DIRECTION = 56;
  private static final int FRAME_FMT = 60;
  private static final int RATE = 68;
  private static final int STREAM_TAG = 72;
  private static final int CHANNELS = 74;
  private static final int SAMPLE_VALID_BYTES = 76;
  private static final int SAMPLE_CONTAINER_BYTES = 78;
  private static final int HOST_PERIOD_BYTES = 80;
  private static final int NO_STREAM_POSITION = 84;
  private static final int CONT_UPDATE_POSN = 86;
  private static final int PARAMS_BYTES = 84;
  private static final int PAGE = 4096;

  private static final int MAX_CHANNELS = 8;
  private static final int MAX_TAG = 15;

  // enum sof_ipc_stream_direction
  private static final int PLAYBACK = 0;
  private static final int CAPTURE = 1;

  /**
   * Creates a request.
   *
   * @param component id of the host component
   * @param direction which way
   * @param format how samples lie
   * @param rate frames per second
   * @param channels 1 to 8
   * @param streamTag 1 to 15
   * @param bufferBytes bytes
   * @param periodBytes bytes
   * @param noPositionMessages no POSITION
   * @param continuousPosition a record that is kept up to date
   * @throws IllegalArgumentException when one is out of its range
   */
  public PcmParams {
    if (rate <= 0
        || channels < 1
        || channels > MAX_CHANNELS
        || streamTag < 1
        || streamTag > MAX_TAG
        || bufferBytes <= 0
        || periodBytes < 0) {
      throw new IllegalArgumentException(
          "PCM_PARAMS of rate %d, %d channels, tag %d, %d bytes in periods of %d"
              .formatted(rate, channels, streamTag, bufferBytes, periodBytes));
    }
  }

  static StreamDirection direction(int code) {
    return switch (code) {
      case PLAYBACK -> StreamDirection.PLAYBACK;
      case CAPTURE -> StreamDirection.CAPTURE;
      default -> throw new IllegalArgumentException("no direction " + code);
    };
  }

  static int code(StreamDirection direction) {
    return direction == StreamDirection.PLAYBACK ? PLAYBACK : CAPTURE;
  }

  /**
   * Decodes a message.
   *
   * @param message the whole message
   * @return the request
   * @throws IllegalArgumentException when it is another message, or a field is out of its range
   */
  public static PcmParams decode(ByteBuffer message) {
    ByteBuffer bytes = Ipc3Command.PCM_PARAMS.open(message, BYTES);
    return new PcmParams(
        bytes.getInt(COMP_ID),
        direction(bytes.getInt(DIRECTION)),
        FrameFormat.of(bytes.getInt(FRAME_FMT)),
        bytes.getInt(RATE),
        bytes.getShort(CHANNELS),
        bytes.getShort(STREAM_TAG),
        bytes.getInt(BUFFER_SIZE),
        bytes.getInt(HOST_PERIOD_BYTES),
        bytes.getShort(NO_STREAM_POSITION) != 0,
        bytes.get(CONT_UPDATE_POSN) != 0);
  }

  @Override
  public Ipc3Command command() {
    return Ipc3Command.PCM_PARAMS;
  }

  @Override
  public ByteBuffer encode() {
    return command()
        .begin(BYTES)
        .putInt(COMP_ID, component)
        .putInt(PARAMS_SIZE, PARAMS_BYTES)
        .putInt(BUFFER_PAGES, (bufferBytes - 1) / PAGE + 1)
        .putInt(BUFFER_SIZE, bufferBytes)
        .putInt(DIRECTION, code(direction))
        .putInt(FRAME_FMT, format.code())
        .putInt(RATE, rate)
        .putShort(STREAM_TAG, (short) streamTag)
        .putShort(CHANNELS, (short) channels)
        .putShort(SAMPLE_VALID_BYTES, (short) format.validBytes())
        .putShort(SAMPLE_CONTAINER_BYTES, (short) format.containerBytes())
        .putInt(HOST_PERIOD_BYTES, periodBytes)
        .putShort(NO_STREAM_POSITION, (short) (noPositionMessages ? 1 : 0))
        .put(CONT_UPDATE_POSN, (byte) (continuousPosition ? 1 : 0));
  }
}
