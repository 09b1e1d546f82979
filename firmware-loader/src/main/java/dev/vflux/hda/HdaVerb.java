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
