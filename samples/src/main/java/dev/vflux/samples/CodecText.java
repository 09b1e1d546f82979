package dev.vflux.samples;

import dev.vflux.hda.Codec;
import dev.vflux.hda.CodecPath;
import dev.vflux.hda.Codecs;
import dev.vflux.hda.ConfigurationDefault;
import dev.vflux.hda.FunctionGroup;
import dev.vflux.hda.PcmCapabilities;
import dev.vflux.hda.StreamDirection;
import dev.vflux.hda.Widget;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Codecs as people read them. */
record CodecText(Output output) {

  void print(Codecs codecs) {
    boolean first = true;
    for (Codec codec : codecs.found()) {
      if (!first) {
        output.print("");
      }
      first = false;
      print(codec);
    }
  }

  private void print(Codec codec) {
    output.print(
        "codec %d: vendor 0x%04x, device 0x%04x, revision 0x%08x"
            .formatted(
                codec.address(),
                codec.vendorId() >>> Short.SIZE,
                codec.vendorId() & 0xffff,
                codec.revisionId()));
    codec.groups().forEach(this::print);
    Table paths = new Table("PATH", "NODES", "PIN", "FORMATS");
    rows(paths, codec, StreamDirection.PLAYBACK);
    rows(paths, codec, StreamDirection.CAPTURE);
    paths.print(output);
  }

  private void print(FunctionGroup group) {
    output.print(
        "group %s: %s, subsystem 0x%08x"
            .formatted(
                id(group.node()),
                group.audio() ? "audio" : "type 0x%02x, not looked into".formatted(group.type()),
                group.subsystem()));
    if (group.widgets().isEmpty()) {
      return;
    }
    Table nodes = new Table("NODE", "TYPE", "CHANNELS", "FROM", "INPUT", "OUTPUT", "");
    for (Widget widget : group.widgets()) {
      nodes.row(
          id(widget.node()),
          words(widget.type()) + (widget.capabilities().digital() ? ", digital" : ""),
          Integer.toString(widget.capabilities().channels()),
          ids(widget.connections(), " "),
          widget.inputAmplifier().map(Object::toString).orElse(""),
          widget.outputAmplifier().map(Object::toString).orElse(""),
          remarks(widget));
    }
    nodes.print(output);
  }

  private static void rows(Table paths, Codec codec, StreamDirection direction) {
    boolean best = true;
    for (CodecPath path : codec.paths(direction)) {
      paths.row(
          words(direction) + (best ? " *" : ""),
          ids(path.widgets().stream().map(Widget::node).toList(), " -> "),
          path.pin().configuration().map(with -> words(with.device())).orElse(""),
          path.formats().toString());
      best = false;
    }
  }

  static String id(int node) {
    return "0x%02x".formatted(node);
  }

  private static String ids(List<Integer> nodes, String separator) {
    return nodes.stream().map(CodecText::id).collect(Collectors.joining(separator));
  }

  static String words(Enum<?> name) {
    return name.name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  private static String remarks(Widget widget) {
    List<String> remarks = new ArrayList<>();
    widget.configuration().ifPresent(with -> remarks.add(pin(with)));
    widget
        .pin()
        .ifPresent(
            can -> {
              add(remarks, can.headphoneDrive(), "headphone drive");
              add(remarks, can.presenceDetect(), "presence detect");
              add(remarks, can.eapd(), "EAPD");
            });
    widget.pcm().ifPresent(pcm -> remarks.add(formats(pcm)));
    return String.join(", ", remarks);
  }

  private static void add(List<String> remarks, boolean has, String remark) {
    if (has) {
      remarks.add(remark);
    }
  }

  /** What is connected to a pin. */
  static String pin(ConfigurationDefault with) {
    return switch (with.connectivity()) {
      case NONE -> "nothing connected";
      case JACK ->
          "%s jack, %s, %s, %d.%d"
              .formatted(
                  words(with.device()),
                  words(with.colour()),
                  words(with.location()),
                  with.association(),
                  with.sequence());
      default ->
          "%s, %s, %s, %d.%d"
              .formatted(
                  words(with.device()),
                  words(with.connectivity()),
                  words(with.location()),
                  with.association(),
                  with.sequence());
    };
  }

  private static String formats(PcmCapabilities pcm) {
    return pcm.pcm() ? list(pcm.rates()) + " Hz, " + list(pcm.bits()) + " bits" : "no PCM";
  }

  private static String list(List<Integer> values) {
    return values.stream().map(String::valueOf).collect(Collectors.joining("/"));
  }
}
