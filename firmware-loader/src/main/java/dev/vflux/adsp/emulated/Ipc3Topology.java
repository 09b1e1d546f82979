package dev.vflux.adsp.emulated;

import java.util.Optional;

/**
 * Requests that build the topology. Layouts: Linux {@code include/sound/sof/topology.h} and {@code
 * dai.h}; checks and errors: SOF 2.2. Used under the board's lock.
 */
final class Ipc3Topology {

  static final int COMP_NEW = 0x001;
  static final int COMP_FREE = 0x002;
  static final int COMP_CONNECT = 0x003;
  static final int PIPE_NEW = 0x010;
  static final int PIPE_FREE = 0x011;
  static final int PIPE_COMPLETE = 0x013;
  static final int BUFFER_NEW = 0x020;
  static final int BUFFER_FREE = 0x021;

  private static final int ID = 8;
  private static final int TYPE = 12;
  private static final int PIPELINE_ID = 16;
  private static final int CORE = 20;
  private static final int EXTENDED_BYTES = 24;
  private static final int COMMON_BYTES = 28;
  private static final int CONFIG_SIZE = 28;
  private static final int CONFIG_BYTES = 36;
  private static final int FRAME_FORMAT = 48;
  private static final int SPECIFIC = 64;

  private static final int SINK_RATE = 68;
  private static final int DAI_INDEX = 68;
  private static final int DAI_TYPE = 72;
  private static final int VOLUME_LEAST = 68;
  private static final int VOLUME_MOST = 72;
  private static final int BUFFER_SIZE = 28;
  private static final int PIPE_PIPELINE_ID = 12;
  private static final int PIPE_SCHEDULER = 16;
  private static final int PIPE_PERIOD = 24;
  private static final int SINK_ID = 12;

  private static final int DMICS = 2;
  private static final int ALHS = 64;

  private final DspTopology topology;
  private final Ipc3Power power;
  private final int ssps;

  Ipc3Topology(DspTopology topology, Ipc3Power power, int ssps) {
    this.topology = topology;
    this.power = power;
    this.ssps = ssps;
  }

  /** Whether the reply to a command is the longer one of a new object. */
  static boolean makes(int command) {
    return command == COMP_NEW || command == BUFFER_NEW || command == PIPE_NEW;
  }

  void request(int command, Ipc3Message message) throws RequestRefusedException {
    switch (command) {
      case COMP_NEW -> newComponent(message);
      case BUFFER_NEW -> newBuffer(message);
      case PIPE_NEW -> newPipeline(message);
      case COMP_CONNECT -> topology.connect(message.word(ID), message.word(SINK_ID));
      case PIPE_COMPLETE -> topology.complete(message.word(ID));
      case COMP_FREE -> topology.freeComponent(message.word(ID));
      case BUFFER_FREE -> topology.freeBuffer(message.word(ID));
      case PIPE_FREE -> topology.freePipeline(message.word(ID));
      default -> throw RequestRefusedException.invalid("topology command " + command);
    }
  }

  private void newComponent(Ipc3Message message) throws RequestRefusedException {
    int core = message.word(CORE);
    power.requireOn(core);
    ComponentType type = type(message);
    if (message.word(CONFIG_SIZE) != CONFIG_BYTES) {
      throw RequestRefusedException.invalid("a configuration of another size");
    }
    topology.add(
        new DspComponent(
            message.word(ID),
            core,
            message.word(PIPELINE_ID),
            type,
            controls(type, message),
            type == ComponentType.DAI ? dai(message) : null,
            converts(type) ? message.word(SINK_RATE) : 0));
  }

  // With extended data the UUID at its beginning decides, else the number does.
  private static ComponentType type(Ipc3Message message) throws RequestRefusedException {
    int extended = message.word(EXTENDED_BYTES);
    if (extended == 0) {
      return known(ComponentType.ofNumber(message.word(TYPE)));
    }
    if (extended < ComponentType.UUID_BYTES || extended > message.size() - COMMON_BYTES) {
      throw RequestRefusedException.invalid("extended data of " + extended + " bytes");
    }
    byte[] uuid = message.slice(message.size() - extended, ComponentType.UUID_BYTES);
    return known(ComponentType.ofUuid(uuid));
  }

  private static ComponentType known(Optional<ComponentType> type) throws RequestRefusedException {
    return type.orElseThrow(() -> RequestRefusedException.invalid("an unknown component"));
  }

  private static boolean converts(ComponentType type) {
    return type == ComponentType.SRC || type == ComponentType.ASRC;
  }

  private static ComponentControls controls(ComponentType type, Ipc3Message message) {
    if (type == ComponentType.VOLUME) {
      return new VolumeControls(message.word(VOLUME_LEAST), message.word(VOLUME_MOST));
    }
    return type.configuredByData() ? new DataControls() : ComponentControls.NONE;
  }

  private DaiEnd dai(Ipc3Message message) throws RequestRefusedException {
    int kind = message.word(DAI_TYPE);
    int index = message.word(DAI_INDEX);
    if (index < 0 || index >= daisOfKind(kind)) {
      throw RequestRefusedException.invalid("there is no DAI " + kind + "." + index);
    }
    boolean playback = message.word(SPECIFIC) == 0;
    return new DaiEnd(kind, index, playback, SampleFormat.of(message.word(FRAME_FORMAT)));
  }

  private int daisOfKind(int kind) {
    return switch (kind) {
      case DaiEnd.SSP -> ssps;
      case DaiEnd.DMIC -> DMICS;
      case DaiEnd.HDA -> GlobalRegisters.STREAMS;
      case DaiEnd.ALH -> ALHS;
      default -> 0;
    };
  }

  private void newBuffer(Ipc3Message message) throws RequestRefusedException {
    int core = message.word(CORE);
    power.requireOn(core);
    topology.add(
        new DspBuffer(
            message.word(ID), core, message.word(PIPELINE_ID), message.word(BUFFER_SIZE)));
  }

  private void newPipeline(Ipc3Message message) throws RequestRefusedException {
    int core = message.word(CORE);
    power.requireOn(core);
    topology.addPipeline(
        message.word(ID),
        core,
        message.word(PIPE_PIPELINE_ID),
        message.word(PIPE_SCHEDULER),
        message.word(PIPE_PERIOD));
  }
}
