package dev.vflux.adsp.emulated;

import java.util.List;

/**
 * DAI_CONFIG: tells every DAI component of one interface how its hardware is set, on the HDA link
 * above all which channel of the link DMA it uses. Layout: Linux {@code include/sound/sof/dai.h}
 * and {@code dai-intel.h}; behaviour: SOF 2.2, {@code src/ipc/ipc3/dai.c}. Used under the board's
 * lock.
 */
final class Ipc3Dais {

  static final int CONFIG = 0x001;

  private static final int TYPE = 8;
  private static final int INDEX = 12;
  private static final int FLAGS = 19;
  private static final int UNION = 52;
  private static final int LINK_DMA_CHANNEL = UNION + 4;
  private static final int ALH_STREAM = UNION + 4;

  private static final int COMMAND = 0xf;
  private static final int HW_PARAMS = 1;
  private static final int HW_FREE = 2;
  private static final int PAUSE = 4;
  private static final int TWO_STEP_STOP = 0x10;

  private final DspTopology topology;

  Ipc3Dais(DspTopology topology) {
    this.topology = topology;
  }

  void request(int command, Ipc3Message message) throws RequestRefusedException {
    if (command != CONFIG) {
      throw RequestRefusedException.invalid("DAI command " + command);
    }
    int type = message.word(TYPE);
    int index = message.word(INDEX);
    List<DspComponent> meant =
        topology.components().stream()
            .filter(component -> component.dai().filter(dai -> dai.is(type, index)).isPresent())
            .toList();
    if (meant.isEmpty()) {
      throw RequestRefusedException.noDevice("no component is DAI " + type + "." + index);
    }
    meant.stream()
        .filter(component -> !component.active())
        .flatMap(component -> component.dai().stream())
        .forEach(dai -> configure(dai, type, message));
  }

  private static void configure(DaiEnd dai, int type, Ipc3Message message) {
    int flags = message.octet(FLAGS);
    switch (flags & COMMAND) {
      case HW_PARAMS -> {
        if ((flags & TWO_STEP_STOP) != 0) {
          dai.stopInTwoSteps();
        }
        if (!dai.holdsChannel()) {
          keep(dai, type, message);
        }
      }
      case HW_FREE -> {
        if (dai.stopsInTwoSteps()) {
          dai.release();
        }
      }
      case PAUSE -> {
        // the link DMA stands still already: its component is not active
      }
      default -> keep(dai, type, message);
    }
  }

  private static void keep(DaiEnd dai, int type, Ipc3Message message) {
    int channel =
        switch (type) {
          case DaiEnd.HDA -> message.word(LINK_DMA_CHANNEL);
          case DaiEnd.ALH -> message.word(ALH_STREAM);
          default -> 0;
        };
    if (channel != DaiEnd.NO_CHANNEL) {
      dai.configure(channel);
    }
  }
}
