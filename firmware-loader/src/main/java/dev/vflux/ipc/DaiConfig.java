package dev.vflux.ipc;

import java.nio.ByteBuffer;

/**
 * DAI_CONFIG of an interface on the HDA link: which channel of the link DMA its components use.
 * {@code struct sof_ipc_dai_config} and {@code sof_ipc_dai_hda_params} of Linux {@code
 * include/sound/sof/dai.h} and {@code dai-intel.h}, 216 bytes.
 *
 * @param index the interface; it concerns every DAI component with this index
 * @param step what it is sent for
 * @param twoStepStop with HW_PARAMS: stopping is done by TRIG_STOP and HW_FREE, one after the other
 * @param linkChannel the link stream's tag less one, or {@link #NO_CHANNEL}
 * @param rate frames per second
 * @param channels channels on the link
 */
public record DaiConfig(
    int index, Step step, boolean twoStepStop, int linkChannel, int rate, int channels)
    implements IpcRequest {

  /** Bytes of the message, with room for the largest kind of interface, as Linux sends it. */
  public static final int BYTES = 216;

  /** No channel of the link DMA: not yet, or not any more. */
  public static final int NO_CHANNEL = 0xffff_ffff;

  /** What a configuration is sent for: SOF_DAI_CONFIG_FLAGS, bits 3:0. */
  public enum Step {
    /** The pipeline is being made. */
    NONE(0),
    /** A stream gets its link channel. */
    HW_PARAMS(1),
    /** A stream gives its link channel back. */
    HW_FREE(2),
    /** The link DMA stands still. */
    PAUSE(4);

    private final int code;

    Step(int code) {
      this.code = code;
    }

    private static Step of(int code) {
      for (Step step : values()) {
        if (step.code == code) {
          return step;
        }
      }
      throw new IllegalArgumentException("no DAI_CONFIG step " + code);
    }
  }

  private static final int TYPE = 8;
  private static final int DAI_INDEX = 12;
  private static final int FLAGS = 19;
  private static final int UNION = 52;
  private static final int HDA_SIZE = UNION;
  private static final int HDA_LINK_DMA_CH = UNION + 4;
  private static final int HDA_RATE = UNION + 8;
  private static final int HDA_CHANNELS = UNION + 12;
  private static final int HDA_BYTES = 16;

  private static final int FLAGS_STEP = 0xf;
  private static final int FLAGS_TWO_STEP_STOP = 0x10;

  /**
   * Decodes a message.
   *
   * @param message the whole message
   * @return the request
   * @throws IllegalArgumentException when it is another message, or for another kind of interface
   */
  public static DaiConfig decode(ByteBuffer message) {
    ByteBuffer bytes = Ipc3Command.DAI_CONFIG.open(message, UNION + HDA_BYTES);
    DaiType type = DaiType.of(bytes.getInt(TYPE));
    if (type != DaiType.HDA) {
      throw new IllegalArgumentException("DAI_CONFIG of " + type);
    }
    int flags = bytes.get(FLAGS);
    return new DaiConfig(
        bytes.getInt(DAI_INDEX),
        Step.of(flags & FLAGS_STEP),
        (flags & FLAGS_TWO_STEP_STOP) != 0,
        bytes.getInt(HDA_LINK_DMA_CH),
        bytes.getInt(HDA_RATE),
        bytes.getInt(HDA_CHANNELS));
  }

  @Override
  public Ipc3Command command() {
    return Ipc3Command.DAI_CONFIG;
  }

  @Override
  public ByteBuffer encode() {
    return command()
        .begin(BYTES)
        .putInt(TYPE, DaiType.HDA.code())
        .putInt(DAI_INDEX, index)
        .put(FLAGS, (byte) (step.code | (twoStepStop ? FLAGS_TWO_STEP_STOP : 0)))
        .putInt(HDA_SIZE, HDA_BYTES)
        .putInt(HDA_LINK_DMA_CH, linkChannel)
        .putInt(HDA_RATE, rate)
        .putInt(HDA_CHANNELS, channels);
  }
}
