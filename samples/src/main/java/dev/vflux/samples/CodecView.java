package dev.vflux.samples;

import dev.vflux.hda.AmplifierCapabilities;
import dev.vflux.hda.Codec;
import dev.vflux.hda.CodecPath;
import dev.vflux.hda.Codecs;
import dev.vflux.hda.ConfigurationDefault;
import dev.vflux.hda.FunctionGroup;
import dev.vflux.hda.HdaException;
import dev.vflux.hda.PathFormats;
import dev.vflux.hda.PcmCapabilities;
import dev.vflux.hda.PinCapabilities;
import dev.vflux.hda.PowerStates;
import dev.vflux.hda.StreamDirection;
import dev.vflux.hda.Widget;
import dev.vflux.hda.WidgetType;
import java.util.List;
import java.util.Optional;

/** Codecs as JSON shows them; paths best first. */
record CodecView(List<One> codecs, List<HdaException> refused) {

  record One(
      int address,
      String vendorId,
      String revisionId,
      List<Group> groups,
      List<Path> playback,
      List<Path> capture) {}

  record Group(int node, int type, boolean audio, String subsystem, List<Node> widgets) {}

  record Node(
      int node,
      WidgetType type,
      int channels,
      boolean digital,
      List<Integer> connections,
      Optional<Amplifier> inputAmplifier,
      Optional<Amplifier> outputAmplifier,
      Optional<Pin> pin,
      Optional<Pcm> pcm,
      Optional<List<Integer>> powerStates) {}

  record Amplifier(double minimum, double maximum, double step, int steps, boolean mute) {}

  record Pin(
      boolean output,
      boolean input,
      boolean headphoneDrive,
      boolean presenceDetect,
      boolean eapd,
      boolean display,
      String configuration,
      ConfigurationDefault.Connectivity connectivity,
      ConfigurationDefault.Location location,
      ConfigurationDefault.Device device,
      ConfigurationDefault.Colour colour,
      int association,
      int sequence) {}

  record Pcm(boolean pcm, List<Integer> rates, List<Integer> bits) {}

  record Path(List<Integer> nodes, PathFormats formats) {}

  static CodecView of(Codecs codecs) {
    return new CodecView(codecs.found().stream().map(CodecView::one).toList(), codecs.refused());
  }

  private static One one(Codec codec) {
    return new One(
        codec.address(),
        word(codec.vendorId()),
        word(codec.revisionId()),
        codec.groups().stream().map(CodecView::group).toList(),
        paths(codec, StreamDirection.PLAYBACK),
        paths(codec, StreamDirection.CAPTURE));
  }

  private static String word(int value) {
    return Numbers.hex(value, Integer.SIZE);
  }

  private static List<Path> paths(Codec codec, StreamDirection direction) {
    return codec.paths(direction).stream().map(CodecView::path).toList();
  }

  private static Path path(CodecPath path) {
    return new Path(path.widgets().stream().map(Widget::node).toList(), path.formats());
  }

  private static Group group(FunctionGroup group) {
    return new Group(
        group.node(),
        group.type(),
        group.audio(),
        word(group.subsystem()),
        group.widgets().stream().map(CodecView::node).toList());
  }

  private static Node node(Widget widget) {
    return new Node(
        widget.node(),
        widget.type(),
        widget.capabilities().channels(),
        widget.capabilities().digital(),
        widget.connections(),
        widget.inputAmplifier().map(CodecView::amplifier),
        widget.outputAmplifier().map(CodecView::amplifier),
        widget.pin().flatMap(pin -> widget.configuration().map(with -> pin(pin, with))),
        widget.pcm().map(CodecView::pcm),
        widget.power().map(PowerStates::states));
  }

  private static Amplifier amplifier(AmplifierCapabilities can) {
    return new Amplifier(can.minimum(), can.maximum(), can.stepSize(), can.steps(), can.canMute());
  }

  private static Pin pin(PinCapabilities pin, ConfigurationDefault with) {
    return new Pin(
        pin.output(),
        pin.input(),
        pin.headphoneDrive(),
        pin.presenceDetect(),
        pin.eapd(),
        pin.display(),
        word(with.word()),
        with.connectivity(),
        with.location(),
        with.device(),
        with.colour(),
        with.association(),
        with.sequence());
  }

  private static Pcm pcm(PcmCapabilities pcm) {
    return new Pcm(pcm.pcm(), pcm.rates(), pcm.bits());
  }
}
