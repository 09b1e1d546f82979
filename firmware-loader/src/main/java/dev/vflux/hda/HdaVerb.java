package dev.vflux.hda;

/**
 * A command to one node of one codec (HDA 1.0a, 7.3): a verb of 12 bits with 8 bits of payload, or
 * one of 4 bits with 16. Immutable; any thread.
 *
 * @param codec codec address, 0 to 15
 * @param node node id, 0 to 127; 0 is the root
 * @param command verb and payload, 20 bits
 */
public record HdaVerb(int codec, int node, int command) {

  /** Verb: get a parameter; the payload says which. */
  public static final int GET_PARAMETER = 0xf00;

  /** Parameter: vendor id in bits 31:16, device id in 15:0. */
  public static final int PARAMETER_VENDOR_ID = 0x00;

  /** Parameter: revision. */
  public static final int PARAMETER_REVISION_ID = 0x02;

  /** Parameter: first subordinate node in bits 23:16, their number in 7:0. */
  public static final int PARAMETER_NODE_COUNT = 0x04;

  /** Parameter: function group type in bits 7:0, 1 for audio. */
  public static final int PARAMETER_FUNCTION_GROUP_TYPE = 0x05;

  /** Parameter: amplifier, format, power and type of a widget, see {@link WidgetCapabilities}. */
  public static final int PARAMETER_WIDGET_CAPABILITIES = 0x09;

  /** Parameter: supported PCM sizes and rates, see {@link PcmCapabilities}. */
  public static final int PARAMETER_PCM_SIZES_AND_RATES = 0x0a;

  /** Parameter: supported stream formats, see {@link PcmCapabilities}. */
  public static final int PARAMETER_STREAM_FORMATS = 0x0b;

  /** Parameter: what a pin can do, see {@link PinCapabilities}. */
  public static final int PARAMETER_PIN_CAPABILITIES = 0x0c;

  /** Parameter: the input amplifier, see {@link AmplifierCapabilities}. */
  public static final int PARAMETER_INPUT_AMPLIFIER = 0x0d;

  /** Parameter: entries of the connection list in bits 6:0, whether they are long in bit 7. */
  public static final int PARAMETER_CONNECTION_LIST_LENGTH = 0x0e;

  /** Parameter: supported power states, see {@link PowerStates}. */
  public static final int PARAMETER_POWER_STATES = 0x0f;

  /** Parameter: the output amplifier, see {@link AmplifierCapabilities}. */
  public static final int PARAMETER_OUTPUT_AMPLIFIER = 0x12;

  /** Verb: get the index of the selected connection. */
  public static final int GET_CONNECTION_SELECT = 0xf01;

  /** Verb: select a connection by its index. */
  public static final int SET_CONNECTION_SELECT = 0x701;

  /** Verb: get entries of the connection list; the payload is the index of the first. */
  public static final int GET_CONNECTION_LIST_ENTRY = 0xf02;

  /** Verb: get the power state: what was set in bits 3:0, what it is in 7:4. */
  public static final int GET_POWER_STATE = 0xf05;

  /** Verb: set the power state, 0 is D0. */
  public static final int SET_POWER_STATE = 0x705;

  /** Verb: get a converter's stream tag, in bits 7:4, and first channel, in 3:0. */
  public static final int GET_CONVERTER_STREAM = 0xf06;

  /** Verb: set a converter's stream tag and first channel. */
  public static final int SET_CONVERTER_STREAM = 0x706;

  /** Verb: get a pin's control. */
  public static final int GET_PIN_CONTROL = 0xf07;

  /** Verb: set a pin's control. */
  public static final int SET_PIN_CONTROL = 0x707;

  /** Verb: get EAPD, bit 1, and its neighbours. */
  public static final int GET_EAPD = 0xf0c;

  /** Verb: set EAPD and its neighbours. */
  public static final int SET_EAPD = 0x70c;

  /** Verb: get a digital converter's control. */
  public static final int GET_DIGITAL_CONTROL = 0xf0d;

  /** Verb: set bits 7:0 of a digital converter's control; bit 0 enables. */
  public static final int SET_DIGITAL_CONTROL = 0x70d;

  /** Verb: get a pin's configuration default, see {@link ConfigurationDefault}. */
  public static final int GET_CONFIGURATION_DEFAULT = 0xf1c;

  /** Verb: get a function group's subsystem id. */
  public static final int GET_SUBSYSTEM_ID = 0xf20;

  /** Verb of 4 bits: get a converter's format, see {@link StreamFormat}. */
  public static final int GET_FORMAT = 0xa;

  /** Verb of 4 bits: set a converter's format. */
  public static final int SET_FORMAT = 0x2;

  /** Verb of 4 bits: get an amplifier's gain, in bits 6:0, and mute, bit 7. */
  public static final int GET_AMPLIFIER = 0xb;

  /** Verb of 4 bits: set an amplifier's gain and mute. */
  public static final int SET_AMPLIFIER = 0x3;

  private static final int MAX_CODEC = 0xf;
  private static final int MAX_NODE = 0x7f;
  private static final int MAX_COMMAND = 0xf_ffff;
  private static final int MAX_VERB_12 = 0xfff;
  private static final int MAX_VERB_4 = 0xf;
  private static final int MAX_PAYLOAD_8 = 0xff;
  private static final int MAX_PAYLOAD_16 = 0xffff;
  private static final int CODEC_SHIFT = 28;
  private static final int NODE_SHIFT = 20;

  /**
   * Creates a command.
   *
   * @param codec codec address, 0 to 15
   * @param node node id, 0 to 127
   * @param command verb and payload, 20 bits
   * @throws IllegalArgumentException when one of them is too large
   */
  public HdaVerb {
    check("codec address", codec, MAX_CODEC);
    check("node id", node, MAX_NODE);
    check("command", command, MAX_COMMAND);
  }

  private static void check(String what, int value, int max) {
    if (value < 0 || value > max) {
      throw new IllegalArgumentException("%s 0x%x: use 0 to 0x%x".formatted(what, value, max));
    }
  }

  /**
   * A verb of 12 bits.
   *
   * @param codec codec address, 0 to 15
   * @param node node id, 0 to 127
   * @param verb 0 to 0xfff
   * @param payload 0 to 0xff
   * @return the command
   * @throws IllegalArgumentException when one of them is too large
   */
  public static HdaVerb of12(int codec, int node, int verb, int payload) {
    check("verb", verb, MAX_VERB_12);
    check("payload", payload, MAX_PAYLOAD_8);
    return new HdaVerb(codec, node, verb << Byte.SIZE | payload);
  }

  /**
   * A verb of 4 bits.
   *
   * @param codec codec address, 0 to 15
   * @param node node id, 0 to 127
   * @param verb 0 to 0xf
   * @param payload 0 to 0xffff
   * @return the command
   * @throws IllegalArgumentException when one of them is too large
   */
  public static HdaVerb of4(int codec, int node, int verb, int payload) {
    check("verb", verb, MAX_VERB_4);
    check("payload", payload, MAX_PAYLOAD_16);
    return new HdaVerb(codec, node, verb << Short.SIZE | payload);
  }

  /**
   * {@link #GET_PARAMETER}.
   *
   * @param codec codec address, 0 to 15
   * @param node node id, 0 to 127
   * @param parameter for instance {@link #PARAMETER_VENDOR_ID}
   * @return the command
   * @throws IllegalArgumentException when one of them is too large
   */
  public static HdaVerb getParameter(int codec, int node, int parameter) {
    return of12(codec, node, GET_PARAMETER, parameter);
  }

  /**
   * The command as it lies in CORB.
   *
   * @return codec in bits 31:28, node in 27:20, verb and payload in 19:0
   */
  public int word() {
    return codec << CODEC_SHIFT | node << NODE_SHIFT | command;
  }

  @Override
  public String toString() {
    return "verb 0x%05x to codec %d node %d".formatted(command, codec, node);
  }
}
