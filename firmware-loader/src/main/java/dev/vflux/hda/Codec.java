package dev.vflux.hda;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A codec: what it said of itself when it was discovered ({@link Codecs#discover}), and the paths
 * through it. Immutable; any thread. What it said stays true until the controller is reset.
 */
public final class Codec {

  private final int address;
  private final int vendorId;
  private final int revisionId;
  private final List<FunctionGroup> groups;
  private final Map<StreamDirection, List<CodecPath>> paths = new EnumMap<>(StreamDirection.class);

  Codec(
      CodecCommands commands,
      int address,
      int vendorId,
      int revisionId,
      List<FunctionGroup> groups,
      Map<StreamDirection, Integer> payload) {
    this.address = address;
    this.vendorId = vendorId;
    this.revisionId = revisionId;
    this.groups = List.copyOf(groups);
    for (StreamDirection direction : StreamDirection.values()) {
      int words = payload.getOrDefault(direction, 0);
      paths.put(
          direction,
          groups.stream()
              .flatMap(
                  group ->
                      new PathSearch(group, direction)
                          .ways().stream()
                              .map(
                                  hops ->
                                      new CodecPath(
                                          commands, address, group, direction, hops, words)))
              .sorted(PathOrder.BEST_FIRST)
              .toList());
    }
  }

  /**
   * Its address on the link.
   *
   * @return 0 to 7
   */
  public int address() {
    return address;
  }

  /**
   * Vendor and device id.
   *
   * @return vendor in bits 31:16, device in 15:0
   */
  public int vendorId() {
    return vendorId;
  }

  /**
   * Revision (HDA 1.0a, 7.3.4.2).
   *
   * @return the codec's answer
   */
  public int revisionId() {
    return revisionId;
  }

  /**
   * Its function groups.
   *
   * @return by their node ids
   */
  public List<FunctionGroup> groups() {
    return groups;
  }

  /**
   * The best path of a direction.
   *
   * @param direction which way
   * @return the first of {@link #paths}
   */
  public Optional<CodecPath> path(StreamDirection direction) {
    return paths(direction).stream().findFirst();
  }

  /**
   * All paths of a direction: from an output converter through mixers and selectors to an output
   * pin, or from an input pin to an input converter. Between the same two ends there can be several
   * ways: the shortest is taken, of equally short ones that through the lowest indexes of the
   * connection lists. Pins to which nothing is connected ({@link
   * ConfigurationDefault.Connectivity#NONE}) are left out.
   *
   * <p>The best comes first; what decides is, in this order: analogue before digital, and what
   * leads to a display last; a pin with something fixed before a jack; the pin's default device
   * (playback: speaker, line out, headphones, others; capture: microphone, line in, others); its
   * association, lower numbers first, then its sequence; fewer widgets; lower node ids of converter
   * and pin.
   *
   * @param direction which way
   * @return the paths; empty when there is none
   */
  public List<CodecPath> paths(StreamDirection direction) {
    return paths.getOrDefault(direction, List.of());
  }

  @Override
  public String toString() {
    return "codec %d (0x%08x)".formatted(address, vendorId);
  }
}
