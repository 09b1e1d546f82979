package dev.vflux.adsp.emulated;

import java.util.List;
import java.util.OptionalInt;

/**
 * The one codec on the link, at address 0: one audio function group with a DAC to a speaker and an
 * ADC that hears a microphone or a line-in jack, in which nothing is plugged. Its ids are made up,
 * so no driver of a vendor claims it. What it does not know it answers with 0, as codecs do. It has
 * extended power states: what verbs have set outlasts D3, a reset of the link and one reset of the
 * function group, which only put it to sleep; two of these in a row reset everything but the
 * configuration defaults. Layouts: HDA 1.0a, 7.3.3, 7.3.4 and 7.3.6.
 */
final class AudioCodec {

  /** Its bit in STATESTS. */
  static final int STATE_CHANGE = 1;

  /** Its address on the link. */
  static final int ADDRESS = 0;

  static final int DAC = 2;
  static final int ADC = 3;
  static final int SPEAKER = 4;
  static final int MICROPHONE = 5;
  static final int LINE_IN = 6;

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
  private static final int FIVE_WIDGETS_FROM_2 = 0x0002_0005;
  private static final int GROUP_DELAYS = 0x0808;
  // 44.1, 48, 96 and 192 kHz; 16, 20, 24 and 32 bits
  private static final int RATES_AND_SIZES = 0x001e_0560;
  private static final int PCM = 0x1;

  // stereo, amplifier, override, format, power; the type in 23:20
  private static final int DAC_CAPABILITIES = 0x0000_041d;
  private static final int ADC_CAPABILITIES = 0x0010_051b;
  private static final int SPEAKER_CAPABILITIES = 0x0040_050d;
  private static final int MICROPHONE_CAPABILITIES = 0x0040_040b;
  private static final int LINE_IN_CAPABILITIES = 0x0040_048b;
  // mute, 0.75 dB a step: 88 steps with 0 dB on top, and 64 with 0 dB at 23
  private static final int DAC_AMPLIFIER = 0x8002_5757;
  private static final int ADC_AMPLIFIER = 0x8002_3f17;
  private static final int MUTE_ONLY = 0x8000_0000;
  // 10 dB a step, four steps from 0 dB
  private static final int BOOST = 0x0027_0300;

  private static final int PIN_OUT_EAPD = 0x0001_0010;
  private static final int PIN_IN_VREF = 0x0000_1720;
  private static final int PIN_IN_PRESENCE = 0x0000_0024;
  private static final int OUT_ENABLE = 0x40;
  private static final int IN_ENABLE = 0x20;
  private static final int VREF = 0x07;
  private static final int EAPD = 0x02;
  private static final int UNSOLICITED = 0xbf;
  private static final int NOTHING_PLUGGED = 0;
  // fixed or jack, place, device, colour, association
  private static final int SPEAKER_DEFAULT = 0x9017_0110;
  private static final int MICROPHONE_DEFAULT = 0x90a7_0120;
  private static final int LINE_IN_DEFAULT = 0x0181_3030;
  private static final int STEREO_24_48 = 0x0031;

  private final CodecNode group =
      CodecNode.root()
          .parameter(0x04, FIVE_WIDGETS_FROM_2)
          .parameter(0x05, AUDIO)
          .parameter(0x08, GROUP_DELAYS)
          .parameter(0x0a, RATES_AND_SIZES)
          .parameter(0x0b, PCM)
          .extendedPower()
          .with(VerbRegister.sticky(0xf20, 0x720, VENDOR_AND_DEVICE));
  private final Converter dac = new Converter();
  private final Converter adc = new Converter();
  private final VerbRegister input = VerbRegister.of(0xf01, 0x701, 1, 0);
  private final VerbRegister microphoneControl = VerbRegister.of(0xf07, 0x707, IN_ENABLE | VREF, 0);
  private final List<CodecNode> nodes =
      List.of(
          CodecNode.root()
              .parameter(0x00, VENDOR_AND_DEVICE)
              .parameter(0x02, REVISION_1_0)
              .parameter(0x04, ONE_GROUP_AT_1),
          group,
          dacNode(),
          adcNode(),
          speakerNode(),
          microphoneNode(),
          lineInNode());

  private boolean resetBefore;

  /** What is set at a converter: which stream of the link it takes part in, and in which format. */
  static final class Converter {
    private static final int CHANNEL = 0xf;
    private static final int TAG_SHIFT = 4;

    private final VerbRegister stream = VerbRegister.of(0xf06, 0x706, PAYLOAD_8, 0);
    private final VerbRegister format = VerbRegister.of(0xa, 0x2, PAYLOAD_16, STEREO_24_48);

    /** The stream tag; 0 when it takes part in none. */
    int tag() {
      return stream.value() >>> TAG_SHIFT;
    }

    /** The first channel of the stream that it takes. */
    int firstChannel() {
      return stream.value() & CHANNEL;
    }

    /** The format word. */
    int format() {
      return format.value();
    }
  }

  private CodecNode dacNode() {
    return converter(DAC_CAPABILITIES, dac).outputAmplifier(DAC_AMPLIFIER);
  }

  private CodecNode adcNode() {
    return converter(ADC_CAPABILITIES, adc)
        .connections(MICROPHONE, LINE_IN)
        .with(input)
        .inputAmplifier(ADC_AMPLIFIER);
  }

  private CodecNode converter(int capabilities, Converter converter) {
    return CodecNode.widget(group, capabilities)
        .parameter(0x0a, RATES_AND_SIZES)
        .parameter(0x0b, PCM)
        .power()
        .with(converter.stream)
        .with(converter.format);
  }

  private CodecNode speakerNode() {
    return CodecNode.widget(group, SPEAKER_CAPABILITIES)
        .parameter(0x0c, PIN_OUT_EAPD)
        .power()
        .connections(DAC)
        .outputAmplifier(MUTE_ONLY)
        .with(VerbRegister.of(0xf07, 0x707, OUT_ENABLE, 0))
        .with(VerbRegister.of(0xf0c, 0x70c, EAPD, EAPD))
        .with(VerbRegister.sticky(0xf1c, 0x71c, SPEAKER_DEFAULT));
  }

  private CodecNode microphoneNode() {
    return CodecNode.widget(group, MICROPHONE_CAPABILITIES)
        .parameter(0x0c, PIN_IN_VREF)
        .power()
        .inputAmplifier(BOOST)
        .with(microphoneControl)
        .with(VerbRegister.sticky(0xf1c, 0x71c, MICROPHONE_DEFAULT));
  }

  private CodecNode lineInNode() {
    return CodecNode.widget(group, LINE_IN_CAPABILITIES)
        .parameter(0x0c, PIN_IN_PRESENCE)
        .power()
        .inputAmplifier(BOOST)
        .with(VerbRegister.of(0xf07, 0x707, IN_ENABLE, 0))
        .with(VerbRegister.of(0xf08, 0x708, UNSOLICITED, 0))
        .with(VerbRegister.fixed(0xf09, NOTHING_PLUGGED))
        .with(VerbRegister.sticky(0xf1c, 0x71c, LINE_IN_DEFAULT));
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

  /** The DAC, if it is awake and takes part in a stream. */
  boolean plays(int tag) {
    return tag != 0 && nodes.get(DAC).awake() && dac.tag() == tag;
  }

  /** The ADC, if it is awake and takes part in a stream. */
  boolean records(int tag) {
    return tag != 0 && nodes.get(ADC).awake() && adc.tag() == tag;
  }

  /** Whether the ADC hears the microphone: selected, awake and with its input enabled. */
  boolean hearsMicrophone() {
    return nodes.get(ADC).connection(input.value()) == MICROPHONE
        && nodes.get(MICROPHONE).awake()
        && (microphoneControl.value() & IN_ENABLE) != 0;
  }

  Converter dac() {
    return dac;
  }

  Converter adc() {
    return adc;
  }
}
