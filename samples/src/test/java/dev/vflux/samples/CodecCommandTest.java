package dev.vflux.samples;

import static dev.vflux.samples.Ran.vflux;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.vflux.testing.LeakCheck;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(LeakCheck.class)
class CodecCommandTest {

  private static final String GOLDEN =
      """
      codec 0: vendor 0x7666, device 0x6c78, revision 0x00100100
      group 0x01: audio, subsystem 0x76666c78
      NODE TYPE CHANNELS FROM INPUT OUTPUT
      0x02 audio output 2 -65.25 to 0.00 dB in steps of 0.75, mute 44100/48000/96000/192000 Hz, 16/20/24/32 bits
      0x03 audio input 2 0x05 0x06 -17.25 to 30.00 dB in steps of 0.75, mute 44100/48000/96000/192000 Hz, 16/20/24/32 bits
      0x04 pin 2 0x02 mute speaker, fixed, internal, 1.0, EAPD
      0x05 pin 2 0.00 to 30.00 dB in steps of 10.00 microphone, fixed, internal, 2.0
      0x06 pin 2 0.00 to 30.00 dB in steps of 10.00 line in jack, blue, external, 3.0, presence detect
      PATH NODES PIN FORMATS
      playback * 0x02 -> 0x04 speaker 44100/48000/96000/192000 Hz, 16/20/24/32 bits, 1 to 2 channels, 60 words on the link
      capture * 0x05 -> 0x03 microphone 44100/48000/96000/192000 Hz, 16/20/24/32 bits, 1 to 2 channels, 29 words on the link
      capture 0x06 -> 0x03 line in 44100/48000/96000/192000 Hz, 16/20/24/32 bits, 1 to 2 channels, 29 words on the link
      """;

  private static final Pattern NODE = Pattern.compile("    (c\\d+_n\\d+) \\[(.*)];");
  private static final Pattern EDGE = Pattern.compile("  (c\\d+_n\\d+) -> (c\\d+_n\\d+) \\[(.*)];");
  private static final Pattern OTHER =
      Pattern.compile(
          "digraph codecs \\{|  rankdir=LR;|  node \\[fontname=\"sans-serif\"];"
              + "|  subgraph cluster_c\\d+_n\\d+ \\{|    label=\"[^\"]*\";|  }|}");
  private static final Pattern ATTRIBUTES =
      Pattern.compile(
          "(\\w+=(\"(\\\\.|[^\"\\\\])*\"|\\w+))(, \\w+=(\"(\\\\.|[^\"\\\\])*\"|\\w+))*");

  @Test
  void theModelsCodecIsShown() {
    Ran ran = vflux("codec");
    assertThat(ran.exit()).as(ran.err()).isZero();
    assertThat(ran.err()).isEmpty();
    assertThat(ran.out().replaceAll(" +", " ").replaceAll("(?m) $", "")).isEqualTo(GOLDEN);
  }

  @Test
  void jsonHasTheGraphAndThePaths() {
    JsonNode json = vflux("codec", "emulated:tgl", "--json").json();
    JsonNode codec = json.at("/codecs/0");
    assertThat(codec.at("/vendorId").asText()).isEqualTo("0x76666c78");
    assertThat(codec.at("/groups/0/widgets").findValuesAsText("type"))
        .containsExactly("AUDIO_OUTPUT", "AUDIO_INPUT", "PIN", "PIN", "PIN");
    assertThat(codec.at("/groups/0/widgets/1/connections")).hasToString("[5,6]");
    assertThat(codec.at("/groups/0/widgets/1/inputAmplifier/maximum").asDouble()).isEqualTo(30.0);
    assertThat(codec.at("/groups/0/widgets/2/pin/device").asText()).isEqualTo("SPEAKER");
    assertThat(codec.at("/groups/0/widgets/2/pcm").isNull()).isTrue();
    assertThat(codec.at("/playback/0/nodes")).hasToString("[2,4]");
    assertThat(codec.at("/playback/0/formats/rates")).hasToString("[44100,48000,96000,192000]");
    assertThat(codec.at("/capture/0/nodes")).hasToString("[5,3]");
    assertThat(codec.at("/capture/1/nodes")).hasToString("[6,3]");
    assertThat(json.at("/refused")).isEmpty();
  }

  /** What a graph in Graphviz's language has in it; every line must be understood. */
  private record Graph(Set<String> nodes, List<String> edges, Set<String> thick) {

    static Graph parse(String text) {
      Graph graph = new Graph(new HashSet<>(), new ArrayList<>(), new HashSet<>());
      text.lines().forEach(graph::add);
      long opened = text.chars().filter(c -> c == '{').count();
      assertThat(text.chars().filter(c -> c == '}').count()).isEqualTo(opened);
      return graph;
    }

    private void add(String line) {
      Matcher node = NODE.matcher(line);
      Matcher edge = EDGE.matcher(line);
      if (node.matches()) {
        assertThat(nodes.add(node.group(1))).as("declared once: %s", line).isTrue();
        attributes(node.group(1), node.group(2));
      } else if (edge.matches()) {
        assertThat(nodes).as(line).contains(edge.group(1), edge.group(2));
        edges.add(edge.group(1) + " " + edge.group(2));
        attributes(edge.group(1) + " " + edge.group(2), edge.group(3));
      } else {
        assertThat(line.replaceFirst("^  (label=)", "    $1")).matches(OTHER);
      }
    }

    private void attributes(String of, String text) {
      assertThat(text).matches(ATTRIBUTES);
      if (text.contains("penwidth=3")) {
        thick.add(of);
      }
    }
  }

  @Test
  void dotIsAGraphWithThePathsDrawnThick() {
    Ran ran = vflux("codec", "emulated:cml?converters=4", "--dot");
    assertThat(ran.exit()).as(ran.err()).isZero();
    Graph graph = Graph.parse(ran.out());
    assertThat(graph.nodes()).hasSize(17).contains("c0_n2", "c0_n18");
    assertThat(graph.edges())
        .containsExactlyInAnyOrder(
            "c0_n5 c0_n3",
            "c0_n6 c0_n3",
            "c0_n2 c0_n4",
            "c0_n10 c0_n8",
            "c0_n7 c0_n9",
            "c0_n14 c0_n12",
            "c0_n11 c0_n13",
            "c0_n18 c0_n16",
            "c0_n15 c0_n17");
    assertThat(graph.thick())
        .containsExactlyInAnyOrder(
            "c0_n2", "c0_n2 c0_n4", "c0_n4", "c0_n5", "c0_n5 c0_n3", "c0_n3");
  }

  @ParameterizedTest
  @ValueSource(strings = {"--json", "--dot", "-v"})
  void aCodecThatDoesNotAnswerIsToldAndTheDeviceLeftQuiet(String option) {
    Ran ran = vflux("codec", "emulated:cml?fault=codec-silent", option);
    assertThat(ran.exit()).isEqualTo(1);
    assertThat(ran.err())
        .hasLineCount(1)
        .startsWith("vflux: send verb 0xf0000 to codec 0 node 0 on emulated:cml: no response");
    if (option.equals("--json")) {
      assertThat(ran.json().at("/codecs")).isEmpty();
      assertThat(ran.json().at("/refused/0/type").asText()).isEqualTo("HdaException");
    }
    if (option.equals("--dot")) {
      assertThat(Graph.parse(ran.out()).nodes()).isEmpty();
    }
  }

  @ParameterizedTest
  @CsvSource({"emulated:edu,77", "emulated:nothing,1"})
  void whatIsNoAudioFunctionIsRefused(String uri, int exit) {
    Ran ran = vflux("codec", uri);
    assertThat(ran.exit()).isEqualTo(exit);
    assertThat(ran.out()).isEmpty();
    assertThat(ran.err()).startsWith("vflux: ").hasLineCount(1);
  }

  @Test
  void twoFormsAtOnceAreRefused() {
    assertThat(vflux("codec", "--json", "--dot").exit()).isEqualTo(2);
  }
}
