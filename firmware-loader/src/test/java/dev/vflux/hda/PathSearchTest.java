package dev.vflux.hda;

import static dev.vflux.hda.CodecCommandsTest.plain;
import static org.assertj.core.api.Assertions.assertThat;

import dev.vflux.hda.PathSearch.Hop;
import dev.vflux.testing.LeakCheck;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The ways through generated graphs against those found by trying everything; and their order. */
@ExtendWith(LeakCheck.class)
class PathSearchTest {

  private static final int FIRST = 2;
  private static final int DAC = 0x000001;
  private static final int JACK = 0x01014010;
  private static final int[] TYPES = {0x0, 0x1, 0x2, 0x2, 0x3, 0x3, 0x4, 0x4, 0x5, 0xf};

  private static Widget widget(int node, int type, List<Integer> connections, int pin, int jack) {
    boolean isPin = type == 4;
    return new Widget(
        node,
        new WidgetCapabilities(type << 20),
        Optional.empty(),
        Optional.empty(),
        connections,
        isPin ? Optional.of(new PinCapabilities(pin)) : Optional.empty(),
        isPin ? Optional.of(new ConfigurationDefault(jack)) : Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }

  private static FunctionGroup group(List<Widget> widgets) {
    return new FunctionGroup(1, 1, 0, Optional.empty(), Optional.empty(), widgets);
  }

  private static FunctionGroup generated(Random random, int widgets, int connections) {
    List<Widget> all = new ArrayList<>();
    for (int node = FIRST; node < FIRST + widgets; node++) {
      List<Integer> list =
          random
              .ints(random.nextInt(connections + 1), FIRST - 1, FIRST + widgets)
              .map(to -> to < FIRST ? ConnectionList.NOWHERE : to)
              .boxed()
              .toList();
      int jack = random.nextInt(4) == 0 ? 0x411111f0 : JACK;
      int pin = 0x10 << random.nextInt(2) | 0x20 >> random.nextInt(2);
      all.add(widget(node, TYPES[random.nextInt(TYPES.length)], list, pin, jack));
    }
    return group(all);
  }

  /** How long the shortest way between two ends is, by trying all of them. */
  private static Map<String, Integer> lengths(FunctionGroup group, StreamDirection direction) {
    Map<String, Integer> lengths = new TreeMap<>();
    for (Widget end : group.widgets()) {
      if (isEnd(end, direction)) {
        walk(group, direction, end, List.of(end.node()), lengths);
      }
    }
    return lengths;
  }

  private static boolean isEnd(Widget widget, StreamDirection direction) {
    return direction == StreamDirection.PLAYBACK
        ? widget.isPinFor(direction)
        : widget.isConverterFor(direction);
  }

  private static boolean isSource(Widget widget, StreamDirection direction) {
    return direction == StreamDirection.PLAYBACK
        ? widget.isConverterFor(direction)
        : widget.isPinFor(direction);
  }

  private static void walk(
      FunctionGroup group,
      StreamDirection direction,
      Widget at,
      List<Integer> walked,
      Map<String, Integer> lengths) {
    for (int node : at.connections()) {
      Widget from = group.widget(node).orElse(at);
      if (walked.contains(from.node())) {
        continue;
      }
      List<Integer> further = new ArrayList<>(walked);
      further.add(from.node());
      if (isSource(from, direction)) {
        lengths.merge(from.node() + " " + walked.get(0), further.size(), Math::min);
      } else if (from.type() == WidgetType.MIXER || from.type() == WidgetType.SELECTOR) {
        walk(group, direction, from, further, lengths);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(StreamDirection.class)
  void theShortestWayBetweenAllEndsIsFound(StreamDirection direction) {
    int found = 0;
    for (int seed = 0; seed < 2_000; seed++) {
      FunctionGroup group = generated(new Random(seed), 14, 5);
      Map<String, Integer> lengths = new TreeMap<>();
      for (List<Hop> way : new PathSearch(group, direction).ways()) {
        List<Integer> nodes = way.stream().map(hop -> hop.widget().node()).toList();
        assertThat(nodes).as("seed %d", seed).doesNotHaveDuplicates();
        assertThat(way.get(0).input()).isEqualTo(Hop.NO_INPUT);
        for (int i = 1; i < way.size(); i++) {
          Hop hop = way.get(i);
          assertThat(hop.widget().connections().indexOf(nodes.get(i - 1)))
              .as("seed %d: the first that leads there", seed)
              .isEqualTo(hop.input());
        }
        String ends = nodes.get(0) + " " + nodes.get(nodes.size() - 1);
        assertThat(lengths.put(ends, nodes.size())).as("seed %d: one way", seed).isNull();
      }
      assertThat(lengths).as("seed %d", seed).isEqualTo(lengths(group, direction));
      found += lengths.size();
    }
    assertThat(found).isGreaterThan(1_000);
  }

  @Test
  void everythingConnectedToEverythingIsSearchedOnce() {
    List<Integer> all = IntStream.rangeClosed(FIRST, 127).boxed().toList();
    List<Widget> widgets = new ArrayList<>();
    widgets.add(widget(FIRST, 0, List.of(), 0, 0));
    for (int node = FIRST + 1; node <= 100; node++) {
      widgets.add(widget(node, 2, all, 0, 0));
    }
    for (int node = 101; node <= 127; node++) {
      widgets.add(widget(node, 4, all, 0x10, JACK));
    }
    assertThat(new PathSearch(group(widgets), StreamDirection.PLAYBACK).ways())
        .hasSize(27)
        .allSatisfy(way -> assertThat(way).hasSize(2));
  }

  @Test
  void aWayOfTooManyWidgetsIsNone() {
    assertThat(new PathSearch(chain(8), StreamDirection.PLAYBACK).ways())
        .singleElement()
        .satisfies(way -> assertThat(way).hasSize(PathSearch.MAX_WIDGETS));
    assertThat(new PathSearch(chain(9), StreamDirection.PLAYBACK).ways()).isEmpty();
  }

  private static FunctionGroup chain(int mixers) {
    List<Widget> widgets = new ArrayList<>();
    widgets.add(widget(FIRST, 0, List.of(), 0, 0));
    for (int node = FIRST + 1; node <= FIRST + mixers; node++) {
      widgets.add(widget(node, 2, List.of(node - 1), 0, 0));
    }
    widgets.add(widget(127, 4, List.of(FIRST + mixers), 0x10, JACK));
    return group(widgets);
  }

  @Test
  void anAmplifierThatNoVerbReachesIsInTheWay() {
    List<Integer> seventeen = new ArrayList<>(Collections.nCopies(16, 4));
    seventeen.add(2);
    Widget dac = widget(2, 0, List.of(), 0, 0);
    Widget mixer =
        new Widget(
            3,
            new WidgetCapabilities(0x200002),
            Optional.of(new AmplifierCapabilities(0x80000000)),
            Optional.empty(),
            seventeen,
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty());
    Widget pin = widget(4, 4, List.of(3), 0x10, JACK);
    assertThat(new PathSearch(group(List.of(dac, mixer, pin)), StreamDirection.PLAYBACK).ways())
        .isEmpty();
    Widget without = widget(3, 2, seventeen, 0, 0);
    assertThat(new PathSearch(group(List.of(dac, without, pin)), StreamDirection.PLAYBACK).ways())
        .hasSize(1);
  }

  @Test
  void theBestComesFirst() {
    ScriptedCodec script =
        new ScriptedCodec(14)
            .widget(2, DAC)
            .widget(3, DAC | 0x200)
            .widget(4, 0x200001, 2)
            .pin(5, 0x90, 0x18560010, 3)
            .pin(6, 0x10, 0x01451010, 3)
            .pin(7, 0x10, 0x01f14010, 2)
            .pin(8, 0x10, 0x02214020, 2)
            .pin(9, 0x10, 0x01014012, 2)
            .pin(10, 0x10, 0x01014001, 2)
            .pin(11, 0x10, 0x01014010, 4)
            .pin(12, 0x10, 0x01014010, 2)
            .pin(13, 0x10, 0x90170120, 2)
            .pin(14, 0x10, 0x90170110, 2)
            .pin(15, 0x10, 0x411111f0, 2);
    assertThat(codec(script).paths(StreamDirection.PLAYBACK))
        .extracting(path -> path.pin().node())
        .as(
            "speakers by association, line out by association, sequence and length, headphones,"
                + " others, S/PDIF, HDMI; not what nothing is connected to")
        .containsExactly(14, 13, 12, 11, 9, 10, 8, 7, 6, 5);
  }

  @Test
  void pathsOfAllCodecsAreOrderedTogether() {
    Codec display = codec(new ScriptedCodec(2).widget(2, DAC | 0x200).pin(3, 0x90, 0x18560010, 2));
    Codec jacks =
        codec(
            new ScriptedCodec(3)
                .widget(2, DAC)
                .pin(3, 0x10, 0x01014020, 2)
                .pin(4, 0x10, 0x90170110, 2));
    Codecs both = new Codecs(List.of(display, jacks), List.of());
    assertThat(both.paths(StreamDirection.PLAYBACK))
        .containsExactly(
            jacks.paths(StreamDirection.PLAYBACK).get(0),
            jacks.paths(StreamDirection.PLAYBACK).get(1),
            display.paths(StreamDirection.PLAYBACK).get(0));
    assertThat(both.path(StreamDirection.PLAYBACK).pin().node()).isEqualTo(4);
  }

  private static Codec codec(ScriptedCodec script) {
    try (HdaBench bench = new HdaBench(plain(new PlainHda(script))).start()) {
      return CodecsTest.discover(bench).found().get(0);
    }
  }

  @Test
  void microphonesComeBeforeLineIn() {
    ScriptedCodec script =
        new ScriptedCodec(5)
            .widget(2, 0x100001, 3, 4, 5, 6)
            .pin(3, 0x20, 0x01813020)
            .pin(4, 0x20, 0x01a19030)
            .pin(5, 0x20, 0x01331010)
            .pin(6, 0x20, 0x99a30140);
    assertThat(codec(script).paths(StreamDirection.CAPTURE))
        .extracting(path -> path.pin().node())
        .containsExactly(6, 4, 3, 5);
  }
}
