package dev.vflux.adsp.emulated;

/**
 * One stream between the host and the DSP, as PCM_PARAMS describes it. Layout: {@code struct
 * sof_ipc_pcm_params} of Linux {@code include/sound/sof/stream.h}. Used under the board's lock.
 */
final class HostEnd {

  static final int PARAMS_BYTES = 108;

  private static final int PARAMS_SIZE = 24;
  private static final int STRUCT_BYTES = 84;
  private static final int BUFFER_SIZE = 40;
  private static final int DIRECTION = 56;
  private static final int FRAME_FORMAT = 60;
  private static final int RATE = 68;
  private static final int STREAM_TAG = 72;
  private static final int CHANNELS = 74;
  private static final int PERIOD_BYTES = 80;
  private static final int NO_POSITION = 84;
  private static final int CONTINUOUS_POSITION = 86;
  private static final int EXTENDED_BYTES = 88;
  private static final int MOST_RATE = 192_000;
  private static final int LEAST_RATE = 1_000;

  private final boolean playback;
  private final SampleFormat format;
  private final int rate;
  private final int channels;
  private final int tag;
  private final int bufferBytes;
  private final int periodBytes;
  private final boolean reportsPosition;
  private final boolean updatesPosition;

  /** Reads and checks the parameters. */
  HostEnd(Ipc3Message message) throws RequestRefusedException {
    int extended = message.half(EXTENDED_BYTES);
    if (message.size() != PARAMS_BYTES + extended
        || message.word(PARAMS_SIZE) != STRUCT_BYTES + extended) {
      throw RequestRefusedException.invalid("parameters of " + message.size() + " bytes");
    }
    playback = message.word(DIRECTION) == 0;
    format = SampleFormat.of(message.word(FRAME_FORMAT));
    rate = message.word(RATE);
    channels = message.half(CHANNELS);
    tag = message.half(STREAM_TAG);
    bufferBytes = message.word(BUFFER_SIZE);
    periodBytes = message.word(PERIOD_BYTES);
    reportsPosition = message.half(NO_POSITION) == 0;
    updatesPosition = message.octet(CONTINUOUS_POSITION) == 1;
    if (rate < LEAST_RATE || rate > MOST_RATE) {
      throw RequestRefusedException.invalid(Integer.toUnsignedString(rate) + " frames per second");
    }
    if (channels < 1 || channels > VolumeControls.MOST_CHANNELS) {
      throw RequestRefusedException.invalid(channels + " channels");
    }
    int streams = playback ? GlobalRegisters.OUTPUT_STREAMS : GlobalRegisters.INPUT_STREAMS;
    if (tag < 1 || tag > streams) {
      throw RequestRefusedException.noDevice("no DMA channel for stream tag " + tag);
    }
  }

  boolean playback() {
    return playback;
  }

  /** How samples lie in the host's memory. */
  SampleFormat format() {
    return format;
  }

  /** Frames per second. */
  int rate() {
    return rate;
  }

  int channels() {
    return channels;
  }

  /** The tag of the host DMA's stream. */
  int tag() {
    return tag;
  }

  /** The host's buffer, in bytes. */
  int bufferBytes() {
    return bufferBytes;
  }

  /** Bytes between two messages about the position; 0 for none. */
  int periodBytes() {
    return reportsPosition ? periodBytes : 0;
  }

  /** Whether the record in the stream box follows the stream. */
  boolean updatesPosition() {
    return updatesPosition;
  }
}
