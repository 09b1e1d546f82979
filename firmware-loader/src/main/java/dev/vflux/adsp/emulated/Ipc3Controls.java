package dev.vflux.adsp.emulated;

import java.nio.ByteBuffer;

/**
 * Requests about values and data of components. The reply is the request with what was asked for
 * filled in. Layout: Linux {@code include/sound/sof/control.h}. Used under the board's lock.
 */
final class Ipc3Controls {

  private static final int SET_VALUE = 0x001;
  private static final int GET_VALUE = 0x002;
  private static final int SET_DATA = 0x003;
  private static final int GET_DATA = 0x004;
  private static final int COMPONENT = 12;

  private final DspTopology topology;

  Ipc3Controls(DspTopology topology) {
    this.topology = topology;
  }

  ByteBuffer request(int command, Ipc3Message message) throws RequestRefusedException {
    ComponentControls controls = topology.component(message.word(COMPONENT)).controls();
    if (message.size() < ComponentControls.PAYLOAD) {
      throw RequestRefusedException.invalid("a control of " + message.size() + " bytes");
    }
    ByteBuffer reply = message.copy();
    switch (command) {
      case SET_VALUE -> controls.setValue(reply);
      case GET_VALUE -> controls.getValue(reply);
      case SET_DATA -> controls.setData(reply);
      case GET_DATA -> controls.getData(reply);
      default -> throw RequestRefusedException.invalid("component command " + command);
    }
    return reply;
  }
}
