package dev.vflux.samples;

import dev.vflux.hda.Codec;
import dev.vflux.hda.CodecPath;
import dev.vflux.hda.Codecs;
import dev.vflux.hda.FunctionGroup;
import dev.vflux.hda.StreamDirection;
import dev.vflux.hda.Widget;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Codecs as a graph for Graphviz: a cluster for each function group, its widgets as nodes,
 * connections as edges in the way of the signal, labelled with their index. The best path of each
 * direction is drawn thick, playback and capture in a colour of their own.
 */
record CodecDot(Output output) {

  /** What is drawn thick, and how. */
  private record Marked(Set<String> nodes, Set<String> edges, String colour) {

    static Marked of(Codec codec, StreamDirection direction) {
      Marked marked =
          new Marked(
              new HashSet<>(),
              new HashSet<>(),
              direction == StreamDirection.PLAYBACK ? "blue" : "darkgreen");
      codec.path(direction).ifPresent(path -> marked.add(codec, path));
      return marked;
    }

    private void add(Codec codec, CodecPath path) {
      String before = "";
      for (Widget widget : path.widgets()) {
        String name = name(codec, widget.node());
        nodes.add(name);
        edges.add(before + " -> " + name);
        before = name;
      }
    }

    String attributes() {
      return ", color=" + colour + ", penwidth=3";
    }
  }

  void print(String title, Codecs codecs) {
    output.print("digraph codecs {");
    output.print("  label=" + quoted(title) + ";");
    output.print("  rankdir=LR;");
    output.print("  node [fontname=\"sans-serif\"];");
    codecs.found().forEach(this::print);
    output.print("}");
  }

  private void print(Codec codec) {
    List<Marked> marked =
        Stream.of(StreamDirection.values()).map(direction -> Marked.of(codec, direction)).toList();
    codec.groups().forEach(group -> print(codec, group, marked));
    codec.groups().stream()
        .flatMap(group -> group.widgets().stream())
        .forEach(widget -> edges(codec, widget, marked));
  }

  private void print(Codec codec, FunctionGroup group, List<Marked> marked) {
    output.print("  subgraph cluster_" + name(codec, group.node()) + " {");
    output.print(
        "    label="
            + quoted("codec %d, group %s".formatted(codec.address(), CodecText.id(group.node())))
            + ";");
    for (Widget widget : group.widgets()) {
      String name = name(codec, widget.node());
      output.print(
          "    %s [shape=%s, label=%s%s];"
              .formatted(
                  name,
                  shape(widget),
                  quoted(label(widget)),
                  attributes(marked, one -> one.nodes().contains(name))));
    }
    output.print("  }");
  }

  private void edges(Codec codec, Widget widget, List<Marked> marked) {
    String to = name(codec, widget.node());
    Set<Integer> drawn = new HashSet<>();
    for (int index = 0; index < widget.connections().size(); index++) {
      int from = widget.connections().get(index);
      if (from == 0) {
        continue;
      }
      String edge = name(codec, from) + " -> " + to;
      // of two connections to one node, paths use the first
      boolean first = drawn.add(from);
      output.print(
          "  %s [label=\"%d\"%s];"
              .formatted(
                  edge, index, attributes(marked, one -> first && one.edges().contains(edge))));
    }
  }

  private static String attributes(List<Marked> marked, Predicate<Marked> belongs) {
    return marked.stream().filter(belongs).findFirst().map(Marked::attributes).orElse("");
  }

  private static String name(Codec codec, int node) {
    return "c%d_n%d".formatted(codec.address(), node);
  }

  private static String label(Widget widget) {
    return "%s %s".formatted(CodecText.id(widget.node()), CodecText.words(widget.type()))
        + widget.configuration().map(with -> "\n" + CodecText.pin(with)).orElse("");
  }

  private static String shape(Widget widget) {
    return switch (widget.type()) {
      case AUDIO_OUTPUT, AUDIO_INPUT -> "box";
      case MIXER -> "circle";
      case SELECTOR -> "trapezium";
      case PIN -> "ellipse";
      default -> "plaintext";
    };
  }

  private static String quoted(String text) {
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n") + '"';
  }
}
