package dev.vflux.ipc;

import dev.vflux.hda.StreamDirection;
import java.nio.ByteBuffer;
import java.util.UUID;

/**
 * COMP_NEW: a component. {@code struct sof_ipc_comp}, {@code sof_ipc_comp_config} and what follows
 * for each type (Linux {@code include/sound/sof/topology.h}); the UUID at the end is {@code struct
 * sof_ipc_comp_ext}.
 *
 * @param id its id
 * @param pipeline the pipeline_id it belongs to
 * @param core the core it runs on
 * @param config what all types have
 * @param type what it is
 * @param withUuid whether the type's UUID follows, by which newer firmware finds its code; else the
 *     type's number decides
 */
public record CompNew(int id, int pipeline, int core, Config config, Type type, boolean withUuid)
    implements IpcRequest {

  /**
   * What all types have: {@code struct sof_ipc_comp_config}.
   *
   * @param periodsSink periods its sink buffer has, 0 for none
   * @param periodsSource periods its source buffer has, 0 for none
   * @param format how samples lie in its buffers
   * @param xrunAction what it does with too much or too little: 0, or bits of enum
   *     comp_xrun_action: 1 stop, 2 read zeros, 4 drop
   */
  public record Config(int periodsSink, int periodsSource, FrameFormat format, int xrunAction) {}

  /** What a component is. */
  public sealed interface Type {

    /**
     * Its end at the host: {@code struct sof_ipc_comp_host}.
     *
     * @param direction which way
     * @param noIrq bit 0: it sends no interrupts
     * @param dmacConfig 0
     */
    record Host(StreamDirection direction, int noIrq, int dmacConfig) implements Type {}

    /**
     * Its end at an audio interface: {@code struct sof_ipc_comp_dai}.
     *
     * @param direction which way
     * @param index which interface of its kind
     * @param kind which kind
     */
    record Dai(StreamDirection direction, int index, DaiType kind) implements Type {}

    /**
     * A volume: {@code struct sof_ipc_comp_volume}.
     *
     * @param channels how many it has at most
     * @param min the smallest gain, Q1.16
     * @param max the largest gain, Q1.16
     * @param ramp how gains change: 0 linear
     * @param initialRampMillis how long from silence, in milliseconds
     */
    record Volume(int channels, int min, int max, int ramp, int initialRampMillis) implements Type {

      /** The gain that changes nothing. */
      public static final int UNITY = 0x1_0000;
    }
  }

  /** Bytes of the UUID at the end. */
  public static final int UUID_BYTES = 16;

  private static final int ID = 8;
  private static final int TYPE = 12;
  private static final int PIPELINE_ID = 16;
  private static final int CORE = 20;
  private static final int EXT_DATA_LENGTH = 24;
  private static final int CONFIG_SIZE = 28;
  private static final int PERIODS_SINK = 36;
  private static final int PERIODS_SOURCE = 40;
  private static final int FRAME_FMT = 48;
  private static final int XRUN_ACTION = 52;
  private static final int CONFIG_BYTES = 36;
  private static final int COMMON_BYTES = 64;

  private static final int DIRECTION = 64;
  private static final int HOST_NO_IRQ = 68;
  private static final int HOST_DMAC_CONFIG = 72;
  private static final int DAI_INDEX = 68;
  private static final int DAI_TYPE = 72;
  private static final int VOLUME_CHANNELS = 64;
  private static final int VOLUME_MIN = 68;
  private static final int VOLUME_MAX = 72;
  private static final int VOLUME_RAMP = 76;
  private static final int VOLUME_INITIAL_RAMP = 80;

  /** Number, size and UUID of a type (enum sof_comp_type; SOF 2.2, src/audio). */
  private enum Kind {
    HOST(1, 76, "8b9d100c-6d78-418f-90a3-e0e805d0852b"),
    DAI(2, 80, "c2b00d27-ffbc-4150-a51a-245c79c5e54b"),
    VOLUME(5, 84, "b77e677e-5ff4-4188-af14-fba8bdbf8682");

    private final int number;
    private final int bytes;
    private final UUID uuid;

    Kind(int number, int bytes, String uuid) {
      this.number = number;
      this.bytes = bytes;
      this.uuid = UUID.fromString(uuid);
    }

    private static Kind of(Type type) {
      if (type instanceof Type.Host) {
        return HOST;
      }
      return type instanceof Type.Dai ? DAI : VOLUME;
    }

    private static Kind of(int number) {
      for (Kind kind : values()) {
        if (kind.number == number) {
          return kind;
        }
      }
      throw new IllegalArgumentException("COMP_NEW of type " + number);
    }
  }

  /**
   * Decodes a message.
   *
   * @param message the whole message
   * @return the request
   * @throws IllegalArgumentException when it is another message, or of another type
   */
  public static CompNew decode(ByteBuffer message) {
    ByteBuffer bytes = Ipc3Command.COMP_NEW.open(message, COMMON_BYTES);
    Kind kind = Kind.of(bytes.getInt(TYPE));
    int extended = bytes.getInt(EXT_DATA_LENGTH);
    boolean withUuid = extended == UUID_BYTES;
    if (extended != (withUuid ? UUID_BYTES : 0) || bytes.limit() != kind.bytes + extended) {
      throw new IllegalArgumentException("COMP_NEW of " + bytes.limit() + " bytes");
    }
    return new CompNew(
        bytes.getInt(ID),
        bytes.getInt(PIPELINE_ID),
        bytes.getInt(CORE),
        new Config(
            bytes.getInt(PERIODS_SINK),
            bytes.getInt(PERIODS_SOURCE),
            FrameFormat.of(bytes.getInt(FRAME_FMT)),
            bytes.getInt(XRUN_ACTION)),
        decode(kind, bytes),
        withUuid);
  }

  private static Type decode(Kind kind, ByteBuffer bytes) {
    return switch (kind) {
      case HOST ->
          new Type.Host(
              direction(bytes), bytes.getInt(HOST_NO_IRQ), bytes.getInt(HOST_DMAC_CONFIG));
      case DAI ->
          new Type.Dai(
              direction(bytes), bytes.getInt(DAI_INDEX), DaiType.of(bytes.getInt(DAI_TYPE)));
      case VOLUME ->
          new Type.Volume(
              bytes.getInt(VOLUME_CHANNELS),
              bytes.getInt(VOLUME_MIN),
              bytes.getInt(VOLUME_MAX),
              bytes.getInt(VOLUME_RAMP),
              bytes.getInt(VOLUME_INITIAL_RAMP));
    };
  }

  private static StreamDirection direction(ByteBuffer bytes) {
    return PcmParams.direction(bytes.getInt(DIRECTION));
  }

  @Override
  public Ipc3Command command() {
    return Ipc3Command.COMP_NEW;
  }

  @Override
  public ByteBuffer encode() {
    Kind kind = Kind.of(type);
    int extended = withUuid ? UUID_BYTES : 0;
    ByteBuffer bytes =
        command()
            .begin(kind.bytes + extended)
            .putInt(ID, id)
            .putInt(TYPE, kind.number)
            .putInt(PIPELINE_ID, pipeline)
            .putInt(CORE, core)
            .putInt(EXT_DATA_LENGTH, extended)
            .putInt(CONFIG_SIZE, CONFIG_BYTES)
            .putInt(PERIODS_SINK, config.periodsSink())
            .putInt(PERIODS_SOURCE, config.periodsSource())
            .putInt(FRAME_FMT, config.format().code())
            .putInt(XRUN_ACTION, config.xrunAction());
    encode(type, bytes);
    if (withUuid) {
      putUuid(bytes, kind.bytes, kind.uuid);
    }
    return bytes;
  }

  private static void encode(Type type, ByteBuffer bytes) {
    if (type instanceof Type.Host host) {
      bytes
          .putInt(DIRECTION, PcmParams.code(host.direction()))
          .putInt(HOST_NO_IRQ, host.noIrq())
          .putInt(HOST_DMAC_CONFIG, host.dmacConfig());
    } else if (type instanceof Type.Dai dai) {
      bytes
          .putInt(DIRECTION, PcmParams.code(dai.direction()))
          .putInt(DAI_INDEX, dai.index())
          .putInt(DAI_TYPE, dai.kind().code());
    } else if (type instanceof Type.Volume volume) {
      bytes
          .putInt(VOLUME_CHANNELS, volume.channels())
          .putInt(VOLUME_MIN, volume.min())
          .putInt(VOLUME_MAX, volume.max())
          .putInt(VOLUME_RAMP, volume.ramp())
          .putInt(VOLUME_INITIAL_RAMP, volume.initialRampMillis());
    }
  }

  // u32, u16, u16 little-endian, then eight bytes in their order
  private static void putUuid(ByteBuffer bytes, int at, UUID uuid) {
    long high = uuid.getMostSignificantBits();
    bytes
        .putInt(at, (int) (high >>> 32))
        .putShort(at + 4, (short) (high >>> 16))
        .putShort(at + 6, (short) high)
        .putLong(at + 8, Long.reverseBytes(uuid.getLeastSignificantBits()));
  }
}
