package dev.vflux.hda;

import static dev.vflux.hda.HdaVerb.GET_CONNECTION_SELECT;
import static dev.vflux.hda.HdaVerb.GET_CONVERTER_STREAM;
import static dev.vflux.hda.HdaVerb.GET_DIGITAL_CONTROL;
import static dev.vflux.hda.HdaVerb.GET_EAPD;
import static dev.vflux.hda.HdaVerb.GET_FORMAT;
import static dev.vflux.hda.HdaVerb.GET_PIN_CONTROL;
import static dev.vflux.hda.HdaVerb.SET_CONNECTION_SELECT;
import static dev.vflux.hda.HdaVerb.SET_CONVERTER_STREAM;
import static dev.vflux.hda.HdaVerb.SET_DIGITAL_CONTROL;
import static dev.vflux.hda.HdaVerb.SET_EAPD;
import static dev.vflux.hda.HdaVerb.SET_FORMAT;
import static dev.vflux.hda.HdaVerb.SET_PIN_CONTROL;

import dev.vflux.hda.ConfigurationDefault.Device;
import dev.vflux.hda.PathSearch.Hop;
import dev.vflux.hda.SetUp.Step;
import java.util.ArrayList;
import java.util.List;

/** The steps that open a path, what each writes and to which node. */
final class PathSteps {

  private static final int BYTE = 0xff;
  private static final int WORD = 0xffff;
  private static final int TAG_SHIFT = 4;
  private static final int HEADPHONE_ENABLE = 0x80;
  private static final int OUTPUT_ENABLE = 0x40;
  private static final int INPUT_ENABLE = 0x20;
  private static final int EAPD = 0x02;
  private static final int DIGITAL_ENABLE = 0x01;

  private final CodecCommands commands;
  private final CodecPath path;
  private final FunctionGroup group;
  private final List<Hop> hops;

  PathSteps(CodecCommands commands, CodecPath path, FunctionGroup group, List<Hop> hops) {
    this.commands = commands;
    this.path = path;
    this.group = group;
    this.hops = hops;
  }

  private NodeVerbs node(int id) {
    return new NodeVerbs(commands, path.codec(), id);
  }

  private NodeVerbs node(Widget widget) {
    return node(widget.node());
  }

  private static String named(int node, String what) {
    return "node 0x%02x %s".formatted(node, what);
  }

  List<Step> of(int tag, StreamFormat format) {
    List<Step> steps = new ArrayList<>();
    power(steps);
    converter(steps, tag, format);
    selections(steps);
    pin(steps);
    others(steps);
    amplifiers()
        .forEach(
            amplifier ->
                steps.add(
                    amplifier
                        .setting()
                        .step(
                            named(amplifier.node().node(), amplifier + " at 0 dB"),
                            amplifier.open())));
    return steps;
  }

  private void power(List<Step> steps) {
    steps.add(node(group.node()).power().step(named(group.node(), "D0"), 0));
    path.widgets().stream()
        .filter(widget -> widget.power().isPresent())
        .forEach(widget -> steps.add(node(widget).power().step(named(widget.node(), "D0"), 0)));
  }

  private void converter(List<Step> steps, int tag, StreamFormat format) {
    Widget converter = path.converter();
    NodeVerbs node = node(converter);
    if (converter.capabilities().digital()) {
      steps.add(
          node.setting(GET_DIGITAL_CONTROL, SET_DIGITAL_CONTROL, BYTE)
              .step(named(converter.node(), "digital enable"), value -> value | DIGITAL_ENABLE));
    }
    steps.add(
        node.setting(GET_FORMAT, SET_FORMAT, WORD)
            .step(named(converter.node(), "format " + format), format.word()));
    steps.add(
        node.setting(GET_CONVERTER_STREAM, SET_CONVERTER_STREAM, BYTE)
            .step(named(converter.node(), "stream " + tag), tag << TAG_SHIFT));
  }

  private void selections(List<Step> steps) {
    for (Hop hop : hops) {
      Widget widget = hop.widget();
      if (hop.input() != Hop.NO_INPUT
          && widget.type() != WidgetType.MIXER
          && widget.connections().size() > 1) {
        steps.add(
            node(widget)
                .setting(GET_CONNECTION_SELECT, SET_CONNECTION_SELECT, BYTE)
                .step(named(widget.node(), "input " + hop.input()), hop.input()));
      }
    }
  }

  private void pin(List<Step> steps) {
    Widget pin = path.pin();
    NodeVerbs node = node(pin);
    PinCapabilities can = pin.pin().orElseThrow();
    Device device = pin.configuration().orElseThrow().device();
    boolean playback = path.direction() == StreamDirection.PLAYBACK;
    steps.add(
        node.setting(GET_PIN_CONTROL, SET_PIN_CONTROL, BYTE)
            .step(
                named(pin.node(), playback ? "output enable" : "input enable"),
                playback ? outputControl(can, device) : inputControl(can, device)));
    if (playback && can.eapd()) {
      steps.add(
          node.setting(GET_EAPD, SET_EAPD, BYTE)
              .step(named(pin.node(), "EAPD"), value -> value | EAPD));
    }
  }

  private static int outputControl(PinCapabilities can, Device device) {
    boolean drive = device == Device.HEADPHONES && can.headphoneDrive();
    return OUTPUT_ENABLE | (drive ? HEADPHONE_ENABLE : 0);
  }

  private static int inputControl(PinCapabilities can, Device device) {
    return INPUT_ENABLE | (device == Device.MICROPHONE ? can.microphoneVref() : 0);
  }

  // what else would be heard through the path's mixers
  private void others(List<Step> steps) {
    for (Hop hop : hops) {
      Widget mixer = hop.widget();
      if (mixer.type() != WidgetType.MIXER) {
        continue;
      }
      mixer
          .inputAmplifier()
          .filter(AmplifierCapabilities::canMute)
          .ifPresent(
              can -> {
                int inputs = Math.min(mixer.connections().size(), PathAmplifier.MAX_INDEX + 1);
                for (int input = 0; input < inputs; input++) {
                  if (input != hop.input()) {
                    PathAmplifier other = new PathAmplifier(node(mixer), false, input, can);
                    steps.add(
                        other
                            .setting()
                            .step(named(mixer.node(), other + " muted"), PathAmplifier::muted));
                  }
                }
              });
    }
  }

  /** The amplifiers that the signal passes, in its order. */
  List<PathAmplifier> amplifiers() {
    boolean playback = path.direction() == StreamDirection.PLAYBACK;
    List<PathAmplifier> amplifiers = new ArrayList<>();
    for (Hop hop : hops) {
      Widget widget = hop.widget();
      int input = hop.input();
      if (widget.type() == WidgetType.PIN) {
        // its one input amplifier is for what comes from outside
        input = playback ? Hop.NO_INPUT : 0;
      }
      if (input != Hop.NO_INPUT) {
        int index = input;
        widget
            .inputAmplifier()
            .ifPresent(can -> amplifiers.add(new PathAmplifier(node(widget), false, index, can)));
      }
      if (playback || widget.type().passes()) {
        widget
            .outputAmplifier()
            .ifPresent(can -> amplifiers.add(new PathAmplifier(node(widget), true, 0, can)));
      }
    }
    return amplifiers;
  }
}
