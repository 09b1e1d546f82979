package dev.vflux.adsp.emulated;

import java.util.OptionalInt;

/**
 * The one codec on the link, at address 0: a root node and an audio function group without widgets,
 * so it can be found and asked who it is, and plays nothing. What it does not know it answers with
 * 0, as codecs do. Its id is made up. Layouts: HDA 1.0a, 7.3.4.
 */
final class AudioCodec {

  /** Its bit in STATESTS. */
  static final int STATE_CHANGE = 1;

  /** Its address on the link. */
  static final int ADDRESS = 0;

  private static final int ADDRESS_SHIFT = 28;
  private static final int NODE_SHIFT = 20;
  private static final int NODE = 0x7f;
  private static final int VERB_SHIFT = 8;
  private static final int VERB = 0xfff;
  private static final int PAYLOAD = 0xff;

  private static final int GET_PARAMETER = 0xf00;
  private static final int GET_SUBSYSTEM_ID = 0xf20;

  private static final int ROOT = 0;
  private static final int FUNCTION_GROUP = 1;
  private static final int VENDOR_AND_DEVICE = 0x8086_7270;
  private static final int REVISION_1_0 = 0x0010_0100;
  private static final int ONE_GROUP_AT_1 = 0x0001_0001;
  private static final int NO_WIDGETS_FROM_2 = 0x0002_0000;
  private static final int AUDIO = 0x01;

  /** The response to a command; empty when it is another codec's. */
  OptionalInt respond(int command) {
    if (command >>> ADDRESS_SHIFT != ADDRESS) {
      return OptionalInt.empty();
    }
    int node = command >>> NODE_SHIFT & NODE;
    int payload = command & PAYLOAD;
    return OptionalInt.of(
        switch (command >>> VERB_SHIFT & VERB) {
          case GET_PARAMETER -> parameter(node, payload);
          case GET_SUBSYSTEM_ID -> node == FUNCTION_GROUP ? VENDOR_AND_DEVICE : 0;
          default -> 0;
        });
  }

  private static int parameter(int node, int parameter) {
    return switch (node) {
      case ROOT ->
          switch (parameter) {
            case 0x00 -> VENDOR_AND_DEVICE;
            case 0x02 -> REVISION_1_0;
            case 0x04 -> ONE_GROUP_AT_1;
            default -> 0;
          };
      case FUNCTION_GROUP ->
          switch (parameter) {
            case 0x04 -> NO_WIDGETS_FROM_2;
            case 0x05 -> AUDIO;
            default -> 0;
          };
      default -> 0;
    };
  }
}
