package dev.vflux.adsp.emulated;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * The widgets of the audio function group, from node 2 on. The first pair of converters, nodes 2 to
 * 6, is a DAC to a speaker and an ADC that hears a microphone or a line-in jack in which nothing is
 * plugged. Each further pair takes four nodes: a DAC, an ADC, the line-out jack of the one and the
 * line-in jack of the other, both plugged. Layouts: HDA 1.0a, 7.3.4 and, for configuration
 * defaults, 7.3.3.31.
 */
final class CodecWidgets {

  static final int DAC = 2;
  static final int ADC = 3;
  static final int SPEAKER = 4;
  static final int MICROPHONE = 5;
  static final int LINE_IN = 6;

  // 44.1, 48, 96 and 192 kHz; 16, 20, 24 and 32 bits
  static final int RATES_AND_SIZES = 0x001e_0560;
  static final int PCM = 0x1;

  // stereo, amplifier, override, format, power; the type in 23:20
  private static final int DAC_CAPABILITIES = 0x0000_041d;
  private static final int ADC_CAPABILITIES = 0x0010_051b;
  private static final int SPEAKER_CAPABILITIES = 0x0040_050d;
  private static final int MICROPHONE_CAPABILITIES = 0x0040_040b;
  private static final int LINE_OUT_CAPABILITIES = 0x0040_058d;
  private static final int LINE_IN_CAPABILITIES = 0x0040_048b;
  // mute, 0.75 dB a step: 88 steps with 0 dB on top, and 64 with 0 dB at 23
  private static final int DAC_AMPLIFIER = 0x8002_5757;
  private static final int ADC_AMPLIFIER = 0x8002_3f17;
  private static final int MUTE_ONLY = 0x8000_0000;
  // 10 dB a step, four steps from 0 dB
  private static final int BOOST = 0x0027_0300;

  private static final int PIN_OUT_EAPD = 0x0001_0010;
  private static final int PIN_OUT_PRESENCE = 0x0000_0014;
  private static final int PIN_IN_VREF = 0x0000_1720;
  private static final int PIN_IN_PRESENCE = 0x0000_0024;
  private static final int OUT_ENABLE = 0x40;
  private static final int IN_ENABLE = 0x20;
  private static final int VREF = 0x07;
  private static final int EAPD = 0x02;
  private static final int UNSOLICITED = 0xbf;
  private static final int NOTHING_PLUGGED = 0;
  private static final int PLUGGED = 0x8000_0000;
  // fixed or jack, place, device, colour, association
  private static final int SPEAKER_DEFAULT = 0x9017_0110;
  private static final int MICROPHONE_DEFAULT = 0x90a7_0120;
  private static final int LINE_IN_DEFAULT = 0x0181_3030;
  private static final int REAR_LINE_OUT_DEFAULT = 0x0101_4000;
  private static final int REAR_LINE_IN_DEFAULT = 0x0181_3000;
  private static final int ASSOCIATION_SHIFT = 4;
  private static final int ASSOCIATIONS_TAKEN = 3;

  private final CodecNode group;
  private final List<CodecNode> nodes = new ArrayList<>();
  private final List<CodecConverter> dacs = new ArrayList<>();
  private final List<CodecConverter> adcs = new ArrayList<>();

  /** So many pairs of converters in a function group. */
  CodecWidgets(CodecNode group, int pairs) {
    this.group = group;
    speakerAndMicrophone();
    for (int pair = 2; pair <= pairs; pair++) {
      lineOutAndIn();
    }
  }

  /** The nodes, from the first on. */
  List<CodecNode> nodes() {
    return nodes;
  }

  List<CodecConverter> dacs() {
    return dacs;
  }

  List<CodecConverter> adcs() {
    return adcs;
  }

  private void speakerAndMicrophone() {
    CodecNode adc = adc(MICROPHONE, LINE_IN);
    VerbRegister selected = VerbRegister.of(0xf01, 0x701, 1, 0);
    VerbRegister control = VerbRegister.of(0xf07, 0x707, IN_ENABLE | VREF, 0);
    CodecNode microphone = microphone(control);
    converters(
        dac(),
        adc.with(selected),
        () -> adc.connection(selected.value()) == MICROPHONE && enabled(microphone, control));
    nodes.add(speaker());
    nodes.add(microphone);
    nodes.add(
        lineIn(VerbRegister.of(0xf07, 0x707, IN_ENABLE, 0), NOTHING_PLUGGED, LINE_IN_DEFAULT));
  }

  private void lineOutAndIn() {
    int dac = DAC + nodes.size();
    int association = ASSOCIATIONS_TAKEN + 2 * dacs.size() - 1;
    VerbRegister control = VerbRegister.of(0xf07, 0x707, IN_ENABLE, 0);
    CodecNode lineIn =
        lineIn(control, PLUGGED, REAR_LINE_IN_DEFAULT | (association + 1) << ASSOCIATION_SHIFT);
    converters(dac(), adc(dac + 3), () -> enabled(lineIn, control));
    nodes.add(lineOut(dac, REAR_LINE_OUT_DEFAULT | association << ASSOCIATION_SHIFT));
    nodes.add(lineIn);
  }

  private static boolean enabled(CodecNode pin, VerbRegister control) {
    return pin.awake() && (control.value() & IN_ENABLE) != 0;
  }

  private void converters(CodecNode dac, CodecNode adc, BooleanSupplier adcConnected) {
    dacs.add(new CodecConverter(DAC + nodes.size(), dac, () -> true));
    nodes.add(dac);
    adcs.add(new CodecConverter(DAC + nodes.size(), adc, adcConnected));
    nodes.add(adc);
  }

  private CodecNode converter(int capabilities) {
    return CodecNode.widget(group, capabilities)
        .parameter(0x0a, RATES_AND_SIZES)
        .parameter(0x0b, PCM)
        .power();
  }

  private CodecNode dac() {
    return converter(DAC_CAPABILITIES).outputAmplifier(DAC_AMPLIFIER);
  }

  private CodecNode adc(int... pins) {
    return converter(ADC_CAPABILITIES).connections(pins).inputAmplifier(ADC_AMPLIFIER);
  }

  private CodecNode pin(int capabilities, int pinCapabilities, int configurationDefault) {
    return CodecNode.widget(group, capabilities)
        .parameter(0x0c, pinCapabilities)
        .power()
        .with(VerbRegister.sticky(0xf1c, 0x71c, configurationDefault));
  }

  private CodecNode speaker() {
    return pin(SPEAKER_CAPABILITIES, PIN_OUT_EAPD, SPEAKER_DEFAULT)
        .connections(DAC)
        .outputAmplifier(MUTE_ONLY)
        .with(VerbRegister.of(0xf07, 0x707, OUT_ENABLE, 0))
        .with(VerbRegister.of(0xf0c, 0x70c, EAPD, EAPD));
  }

  private CodecNode microphone(VerbRegister control) {
    return pin(MICROPHONE_CAPABILITIES, PIN_IN_VREF, MICROPHONE_DEFAULT)
        .inputAmplifier(BOOST)
        .with(control);
  }

  private CodecNode lineOut(int dac, int configurationDefault) {
    return pin(LINE_OUT_CAPABILITIES, PIN_OUT_PRESENCE, configurationDefault)
        .connections(dac)
        .outputAmplifier(MUTE_ONLY)
        .with(VerbRegister.of(0xf07, 0x707, OUT_ENABLE, 0))
        .with(VerbRegister.of(0xf08, 0x708, UNSOLICITED, 0))
        .with(VerbRegister.fixed(0xf09, PLUGGED));
  }

  private CodecNode lineIn(VerbRegister control, int sense, int configurationDefault) {
    return pin(LINE_IN_CAPABILITIES, PIN_IN_PRESENCE, configurationDefault)
        .inputAmplifier(BOOST)
        .with(control)
        .with(VerbRegister.of(0xf08, 0x708, UNSOLICITED, 0))
        .with(VerbRegister.fixed(0xf09, sense));
  }
}
