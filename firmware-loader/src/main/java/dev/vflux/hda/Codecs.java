package dev.vflux.hda;

import dev.vflux.hda.HdaException.Reason;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The codecs on a controller's link. Immutable; any thread.
 *
 * @param found those that could be understood, by their addresses
 * @param refused why others could not: no response, or answers that make no sense
 */
public record Codecs(List<Codec> found, List<HdaException> refused) {

  /**
   * Keeps copies of the lists.
   *
   * @param found those that could be understood
   * @param refused why others could not
   */
  public Codecs {
    found = List.copyOf(found);
    refused = List.copyOf(refused);
  }

  /** Either is empty. */
  private record Outcome(Optional<Codec> codec, Optional<HdaException> refused) {}

  /**
   * Asks every codec that has reported itself for all its nodes; their audio function groups are in
   * D0 afterwards. After {@link CodecCommands#start}. A codec that cannot be understood does not
   * keep others from being found. Driver loop only.
   *
   * @param hda the controller
   * @return cold, each subscription asks anew; fails when commands cannot be sent, or with {@link
   *     dev.vflux.vfio.DeviceGoneException}
   */
  public static Mono<Codecs> discover(HdaController hda) {
    return Mono.defer(
        () -> {
          Map<StreamDirection, Integer> payload =
              Map.of(
                  StreamDirection.PLAYBACK, hda.payload(StreamDirection.PLAYBACK),
                  StreamDirection.CAPTURE, hda.payload(StreamDirection.CAPTURE));
          return addresses(hda.codecs())
              .concatMap(address -> discover(hda.commands(), address, payload))
              .collectList()
              .map(Codecs::of);
        });
  }

  private static Flux<Integer> addresses(int mask) {
    return Flux.fromStream(
        () -> IntStream.range(0, Integer.SIZE).filter(bit -> (mask >>> bit & 1) != 0).boxed());
  }

  private static Mono<Outcome> discover(
      CodecCommands commands, int address, Map<StreamDirection, Integer> payload) {
    return Mono.defer(() -> new CodecDiscovery(commands, address, payload).run())
        .map(codec -> new Outcome(Optional.of(codec), Optional.empty()))
        .onErrorResume(
            HdaException.class,
            error ->
                error.reason() == Reason.COMMANDS_STOPPED
                    ? Mono.error(error)
                    : Mono.just(new Outcome(Optional.empty(), Optional.of(error))));
  }

  private static Codecs of(List<Outcome> outcomes) {
    return new Codecs(
        outcomes.stream().flatMap(outcome -> outcome.codec().stream()).toList(),
        outcomes.stream().flatMap(outcome -> outcome.refused().stream()).toList());
  }

  /**
   * The paths of all codecs, ordered together by the rule of {@link Codec#paths}.
   *
   * @param direction which way
   * @return the best one first; empty when there is none
   */
  public List<CodecPath> paths(StreamDirection direction) {
    return found.stream()
        .flatMap(codec -> codec.paths(direction).stream())
        .sorted(PathOrder.BEST_FIRST)
        .toList();
  }

  /**
   * The best path of all codecs.
   *
   * @param direction which way
   * @return the first of {@link #paths}
   * @throws HdaException when there is none; codecs that were refused are suppressed in it
   */
  public CodecPath path(StreamDirection direction) {
    return paths(direction).stream().findFirst().orElseThrow(() -> noPath(direction));
  }

  private HdaException noPath(StreamDirection direction) {
    HdaException error =
        new HdaException(
            Reason.NO_PATH,
            direction == StreamDirection.PLAYBACK ? "find an output" : "find an input",
            found.isEmpty() ? "the link" : found.toString(),
            "no way between a converter and a pin to which something is connected"
                + (refused.isEmpty() ? "" : "; codecs refused: " + refused.size()),
            "'vflux codec' shows the nodes");
    refused.forEach(error::addSuppressed);
    return error;
  }
}
