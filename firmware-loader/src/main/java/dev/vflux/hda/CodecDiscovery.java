package dev.vflux.hda;

import static dev.vflux.hda.HdaVerb.GET_CONFIGURATION_DEFAULT;
import static dev.vflux.hda.HdaVerb.GET_CONNECTION_LIST_ENTRY;
import static dev.vflux.hda.HdaVerb.GET_SUBSYSTEM_ID;
import static dev.vflux.hda.HdaVerb.PARAMETER_CONNECTION_LIST_LENGTH;
import static dev.vflux.hda.HdaVerb.PARAMETER_FUNCTION_GROUP_TYPE;
import static dev.vflux.hda.HdaVerb.PARAMETER_INPUT_AMPLIFIER;
import static dev.vflux.hda.HdaVerb.PARAMETER_NODE_COUNT;
import static dev.vflux.hda.HdaVerb.PARAMETER_OUTPUT_AMPLIFIER;
import static dev.vflux.hda.HdaVerb.PARAMETER_PCM_SIZES_AND_RATES;
import static dev.vflux.hda.HdaVerb.PARAMETER_PIN_CAPABILITIES;
import static dev.vflux.hda.HdaVerb.PARAMETER_POWER_STATES;
import static dev.vflux.hda.HdaVerb.PARAMETER_REVISION_ID;
import static dev.vflux.hda.HdaVerb.PARAMETER_STREAM_FORMATS;
import static dev.vflux.hda.HdaVerb.PARAMETER_VENDOR_ID;
import static dev.vflux.hda.HdaVerb.PARAMETER_WIDGET_CAPABILITIES;

import dev.vflux.hda.HdaException.Reason;
import java.time.Duration;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Asks one codec for everything it is: root, function groups, widgets (HDA 1.0a, 7.3). Nothing it
 * answers is trusted as a count, an index or a node. For one subscription; driver loop only.
 */
final class CodecDiscovery {

  /** How long all the answers of one codec may take together. */
  static final Duration LIMIT = Duration.ofSeconds(10);

  private static final int ROOT = 0;
  private static final int MAX_NODE = 0x7f;
  private static final int FIRST_SHIFT = 16;
  private static final int BYTE = 0xff;
  private static final int NO_VENDOR = -1;

  /** A range of node ids; count may be 0. */
  private record Nodes(int first, int count) {

    static Nodes of(int answer) {
      return new Nodes(answer >>> FIRST_SHIFT & BYTE, answer & BYTE);
    }

    boolean possible() {
      return count == 0 || (first > ROOT && last() <= MAX_NODE);
    }

    int last() {
      return first + count - 1;
    }

    boolean contains(int node) {
      return node >= first && node <= last();
    }

    Flux<Integer> each() {
      return Flux.range(first, count);
    }
  }

  /** What widgets have that have none of their own. */
  private record Defaults(
      PcmCapabilities pcm, AmplifierCapabilities input, AmplifierCapabilities output) {}

  private final CodecCommands commands;
  private final int address;
  private final Map<StreamDirection, Integer> payload;
  private final BitSet known = new BitSet();

  CodecDiscovery(CodecCommands commands, int address, Map<StreamDirection, Integer> payload) {
    this.commands = commands;
    this.address = address;
    this.payload = payload;
    known.set(ROOT);
  }

  private NodeVerbs node(int id) {
    return new NodeVerbs(commands, address, id);
  }

  /** The codec, its audio function groups in D0; or NO_RESPONSE, BAD_CODEC, NOT_POWERED. */
  Mono<Codec> run() {
    return run(LIMIT);
  }

  /** As {@link #run()}, within another limit. */
  Mono<Codec> run(Duration limit) {
    NodeVerbs root = node(ROOT);
    return Mono.zip(
            root.parameter(PARAMETER_VENDOR_ID).map(this::checkedVendor),
            root.parameter(PARAMETER_REVISION_ID),
            root.parameter(PARAMETER_NODE_COUNT).map(answer -> claimed(ROOT, answer)))
        .flatMap(
            id ->
                id.getT3()
                    .each()
                    .concatMap(this::group)
                    .collectList()
                    .map(
                        groups ->
                            new Codec(commands, address, id.getT1(), id.getT2(), groups, payload)))
        .timeout(limit, Mono.error(() -> tooSlow(limit)), commands.scheduler());
  }

  private Mono<FunctionGroup> group(int id) {
    NodeVerbs group = node(id);
    return group
        .parameter(PARAMETER_FUNCTION_GROUP_TYPE)
        .map(FunctionGroup::type)
        .flatMap(
            type ->
                FunctionGroup.isAudio(type)
                    ? group.powerUp().then(audioGroup(group, type))
                    : Mono.just(FunctionGroup.closed(id, type)));
  }

  private Mono<FunctionGroup> audioGroup(NodeVerbs group, int type) {
    return Mono.zip(
            group.get(GET_SUBSYSTEM_ID),
            defaults(group),
            group.parameter(PARAMETER_POWER_STATES).map(PowerStates::new),
            group.parameter(PARAMETER_NODE_COUNT).map(answer -> claimed(group.node(), answer)))
        .flatMap(
            of ->
                of.getT4()
                    .each()
                    .concatMap(id -> widget(node(id), of.getT2(), of.getT4()))
                    .collectList()
                    .map(
                        widgets ->
                            new FunctionGroup(
                                group.node(),
                                type,
                                of.getT1(),
                                Optional.of(of.getT2().pcm()),
                                Optional.of(of.getT3()),
                                widgets)));
  }

  private Mono<Defaults> defaults(NodeVerbs group) {
    return Mono.zip(
            pcm(group),
            group.parameter(PARAMETER_INPUT_AMPLIFIER).map(AmplifierCapabilities::new),
            group.parameter(PARAMETER_OUTPUT_AMPLIFIER).map(AmplifierCapabilities::new))
        .map(of -> new Defaults(of.getT1(), of.getT2(), of.getT3()));
  }

  private static Mono<PcmCapabilities> pcm(NodeVerbs node) {
    return Mono.zip(
        node.parameter(PARAMETER_PCM_SIZES_AND_RATES),
        node.parameter(PARAMETER_STREAM_FORMATS),
        PcmCapabilities::new);
  }

  private Mono<Widget> widget(NodeVerbs node, Defaults defaults, Nodes nodes) {
    return node.parameter(PARAMETER_WIDGET_CAPABILITIES)
        .map(WidgetCapabilities::new)
        .flatMap(has -> widget(node, has, defaults, nodes));
  }

  private Mono<Widget> widget(
      NodeVerbs node, WidgetCapabilities has, Defaults defaults, Nodes nodes) {
    boolean pin = has.type() == WidgetType.PIN;
    boolean converter =
        has.type() == WidgetType.AUDIO_OUTPUT || has.type() == WidgetType.AUDIO_INPUT;
    return Mono.zip(
            when(
                has.hasInputAmplifier(),
                () -> amplifier(node, has, PARAMETER_INPUT_AMPLIFIER, defaults.input())),
            when(
                has.hasOutputAmplifier(),
                () -> amplifier(node, has, PARAMETER_OUTPUT_AMPLIFIER, defaults.output())),
            when(has.hasConnectionList(), () -> connections(node, nodes)),
            when(pin, () -> node.parameter(PARAMETER_PIN_CAPABILITIES).map(PinCapabilities::new)),
            when(pin, () -> node.get(GET_CONFIGURATION_DEFAULT).map(ConfigurationDefault::new)),
            when(converter, () -> pcm(node, has, defaults.pcm())),
            when(
                has.hasPowerControl(),
                () -> node.parameter(PARAMETER_POWER_STATES).map(PowerStates::new)))
        .map(
            of ->
                new Widget(
                    node.node(),
                    has,
                    of.getT1(),
                    of.getT2(),
                    of.getT3().orElse(List.of()),
                    of.getT4(),
                    of.getT5(),
                    of.getT6(),
                    of.getT7()));
  }

  private static <T> Mono<Optional<T>> when(boolean there, Supplier<Mono<T>> asking) {
    return there ? asking.get().map(Optional::of) : Mono.just(Optional.empty());
  }

  private static Mono<AmplifierCapabilities> amplifier(
      NodeVerbs node, WidgetCapabilities has, int parameter, AmplifierCapabilities group) {
    return has.overridesAmplifiers()
        ? node.parameter(parameter).map(AmplifierCapabilities::new)
        : Mono.just(group);
  }

  private static Mono<PcmCapabilities> pcm(
      NodeVerbs node, WidgetCapabilities has, PcmCapabilities group) {
    return has.overridesFormats() ? pcm(node).map(own -> own.orElse(group)) : Mono.just(group);
  }

  private Mono<List<Integer>> connections(NodeVerbs node, Nodes nodes) {
    return node.parameter(PARAMETER_CONNECTION_LIST_LENGTH)
        .map(ConnectionList::new)
        .flatMap(
            list ->
                Flux.range(0, list.responses())
                    .concatMap(
                        response ->
                            node.get(
                                GET_CONNECTION_LIST_ENTRY, response * list.entriesPerResponse()))
                    .collectList()
                    .map(
                        responses ->
                            list.decode(responses, nodes::contains)
                                .orElseThrow(() -> badList(node, responses, nodes))));
  }

  private int checkedVendor(int vendor) {
    if (vendor == 0 || vendor == NO_VENDOR) {
      throw bad(node(ROOT), "vendor and device id 0x%08x".formatted(vendor));
    }
    return vendor;
  }

  // a node is in one place, or there would be no end of them
  private Nodes claimed(int parent, int answer) {
    Nodes nodes = Nodes.of(answer);
    if (!nodes.possible()) {
      throw bad(
          node(parent),
          "%d nodes from 0x%02x on: there are ids up to 0x%02x"
              .formatted(nodes.count(), nodes.first(), MAX_NODE));
    }
    BitSet added = new BitSet();
    added.set(nodes.first(), nodes.first() + nodes.count());
    if (nodes.count() > 0 && added.intersects(known)) {
      throw bad(
          node(parent),
          "nodes 0x%02x to 0x%02x, some of which are elsewhere too"
              .formatted(nodes.first(), nodes.last()));
    }
    known.or(added);
    return nodes;
  }

  private HdaException badList(NodeVerbs node, List<Integer> responses, Nodes nodes) {
    return bad(
        node,
        "connection list %s with nodes from 0x%02x to 0x%02x"
            .formatted(
                responses.stream().map("0x%08x"::formatted).toList(), nodes.first(), nodes.last()));
  }

  private static HdaException bad(NodeVerbs node, String answer) {
    return new HdaException(
        Reason.BAD_CODEC,
        "discover",
        node.toString(),
        answer,
        "the codec cannot be used; reset the controller and try again");
  }

  private HdaException tooSlow(Duration limit) {
    return new HdaException(
        Reason.NO_RESPONSE,
        "discover",
        node(ROOT).toString(),
        "not all answers within " + limit,
        "reset the controller and try again");
  }
}
