package dev.vflux.adsp.emulated;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/**
 * The one codec on the link, at address 0: one audio function group with one to four pairs of
 * converters, see {@link CodecWidgets}. Its ids are made up, so no driver of a vendor claims it.
 * What it does not know it answers with 0, as codecs do. It has extended power states: what verbs
 * have set outlasts D3, a reset of the link and one reset of the function group, which only put it
 * to sleep; two of these in a row reset everything but the configuration defaults. Layouts: HDA
 * 1.0a, 7.3.3, 7.3.4 and 7.3.6.
 */
final class AudioCodec {

  /** Its bit in STATESTS. */
  static final int STATE_CHANGE = 1;

  /** Its address on the link. */
  static final int ADDRESS = 0;

  /** No codec here has more pairs of converters. */
  static final int MOST_CONVERTERS = 4;

  private static final int FUNCTION_GROUP = 1;

  private static final int ADDRESS_SHIFT = 28;
  private static final int INDIRECT_NODE = 1 << 27;
  private static final int NODE_SHIFT = 20;
  private static final int NODE = 0x7f;
  private static final int LONG_VERB_SHIFT = 8;
  private static final int LONG_VERB = 0xfff;
  private static final int SHORT_VERB_SHIFT = 16;
  private static final int SHORT_VERB = 0xf;
  private static final int LONG_GET = 0xf;
  private static final int LONG_SET = 0x7;
  private static final int PAYLOAD_8 = 0xff;
  private static final int PAYLOAD_16 = 0xffff;
  private static final int FUNCTION_RESET = 0x7ff;

  // "vf" and "lx" as ids, in the range of no codec driver
  private static final int VENDOR_AND_DEVICE = 0x7666_6c78;
  private static final int REVISION_1_0 = 0x0010_0100;
  private static final int ONE_GROUP_AT_1 = 0x0001_0001;
  private static final int AUDIO = 0x1;
  private static final int WIDGETS_FROM_2 = 0x0002_0000;
  private static final int GROUP_DELAYS = 0x0808;

  private final List<CodecNode> nodes = new ArrayList<>();
  private final CodecWidgets widgets;
  private boolean resetBefore;

  /** With so many pairs of converters. */
  AudioCodec(int converters) {
    CodecNode group =
        CodecNode.root()
            .parameter(0x05, AUDIO)
            .parameter(0x08, GROUP_DELAYS)
            .parameter(0x0a, CodecWidgets.RATES_AND_SIZES)
            .parameter(0x0b, CodecWidgets.PCM)
            .extendedPower()
            .with(VerbRegister.sticky(0xf20, 0x720, VENDOR_AND_DEVICE));
    widgets = new CodecWidgets(group, converters);
    nodes.add(
        CodecNode.root()
            .parameter(0x00, VENDOR_AND_DEVICE)
            .parameter(0x02, REVISION_1_0)
            .parameter(0x04, ONE_GROUP_AT_1));
    nodes.add(group.parameter(0x04, WIDGETS_FROM_2 | widgets.nodes().size()));
    nodes.addAll(widgets.nodes());
  }

  /** The response to a command; empty when it is another codec's. */
  OptionalInt respond(int command) {
    if (command >>> ADDRESS_SHIFT != ADDRESS) {
      return OptionalInt.empty();
    }
    int node = command >>> NODE_SHIFT & NODE;
    if ((command & INDIRECT_NODE) != 0 || node >= nodes.size()) {
      return OptionalInt.of(0);
    }
    int kind = command >>> SHORT_VERB_SHIFT & SHORT_VERB;
    boolean longVerb = kind == LONG_GET || kind == LONG_SET;
    int verb = longVerb ? command >>> LONG_VERB_SHIFT & LONG_VERB : kind;
    boolean resets = verb == FUNCTION_RESET && node == FUNCTION_GROUP;
    if (resets) {
      functionReset();
    }
    resetBefore = resets && !resetBefore;
    return OptionalInt.of(
        nodes.get(node).respond(verb, command & (longVerb ? PAYLOAD_8 : PAYLOAD_16)));
  }

  private void functionReset() {
    if (resetBefore) {
      nodes.forEach(CodecNode::reset);
    } else {
      sleep();
    }
  }

  /** A reset of the link, or of the function group. */
  void sleep() {
    nodes.forEach(CodecNode::sleep);
  }

  /** The DACs, by their number less one. */
  List<CodecConverter> dacs() {
    return widgets.dacs();
  }

  /** The ADCs, by their number less one. */
  List<CodecConverter> adcs() {
    return widgets.adcs();
  }
}
