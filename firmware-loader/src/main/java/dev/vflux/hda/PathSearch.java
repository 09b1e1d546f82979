package dev.vflux.hda;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;

/**
 * The shortest ways through a function group's widgets from where signals come from, upstream along
 * connection lists. Every widget is looked at once for each end, so neither loops nor many
 * connections matter.
 */
final class PathSearch {

  /** The widgets a way may have, as in Linux. */
  static final int MAX_WIDGETS = 10;

  /** A widget on a way, and which of its inputs the way uses; none for the first. */
  record Hop(Widget widget, int input) {
    static final int NO_INPUT = -1;
  }

  private final StreamDirection direction;
  private final Map<Integer, Widget> widgets = new LinkedHashMap<>();

  PathSearch(FunctionGroup group, StreamDirection direction) {
    this.direction = direction;
    group.widgets().forEach(widget -> widgets.put(widget.node(), widget));
  }

  private boolean isSource(Widget widget) {
    return direction == StreamDirection.PLAYBACK
        ? widget.isConverterFor(direction)
        : widget.isPinFor(direction);
  }

  private boolean isEnd(Widget widget) {
    return direction == StreamDirection.PLAYBACK
        ? widget.isPinFor(direction)
        : widget.isConverterFor(direction);
  }

  /** The shortest way between each two ends that have one; the signal's source comes first. */
  List<List<Hop>> ways() {
    List<List<Hop>> ways = new ArrayList<>();
    widgets.values().stream().filter(this::isEnd).forEach(end -> ways.addAll(waysTo(end)));
    return ways;
  }

  // breadth first; each widget remembers the way from itself down to the end
  private List<List<Hop>> waysTo(Widget end) {
    List<List<Hop>> ways = new ArrayList<>();
    Map<Integer, List<Hop>> below = new HashMap<>();
    Queue<Widget> next = new ArrayDeque<>();
    below.put(end.node(), List.of());
    next.add(end);
    while (!next.isEmpty()) {
      Widget widget = next.remove();
      List<Hop> after = below.getOrDefault(widget.node(), List.of());
      if (after.size() + 1 < MAX_WIDGETS) {
        upstream(widget, after, below, next, ways);
      }
    }
    return ways;
  }

  private void upstream(
      Widget widget,
      List<Hop> after,
      Map<Integer, List<Hop>> below,
      Queue<Widget> next,
      List<List<Hop>> ways) {
    for (int input = 0; input < widget.connections().size(); input++) {
      Widget from = widgets.get(widget.connections().get(input));
      if (from == null || below.containsKey(from.node()) || !canUse(widget, input)) {
        continue;
      }
      List<Hop> way = prepended(new Hop(widget, input), after);
      if (isSource(from)) {
        below.put(from.node(), way);
        ways.add(prepended(new Hop(from, Hop.NO_INPUT), way));
      } else if (from.type().passes()) {
        below.put(from.node(), way);
        next.add(from);
      }
    }
  }

  // an amplifier that cannot be set may be muted
  private static boolean canUse(Widget widget, int input) {
    return input <= PathAmplifier.MAX_INDEX || widget.inputAmplifier().isEmpty();
  }

  private static List<Hop> prepended(Hop first, List<Hop> rest) {
    List<Hop> all = new ArrayList<>();
    all.add(first);
    all.addAll(rest);
    return List.copyOf(all);
  }
}
