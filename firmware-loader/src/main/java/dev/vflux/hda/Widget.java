package dev.vflux.hda;

import java.util.List;
import java.util.Optional;

/**
 * A node of a codec with all that it says of itself. Immutable; any thread.
 *
 * @param node its id, 1 to 127
 * @param capabilities what it is and has
 * @param inputAmplifier the amplifiers of its inputs, all alike; its function group's where it has
 *     none of its own
 * @param outputAmplifier the amplifier of its output; its function group's likewise
 * @param connections the nodes its inputs come from, by index; ranges are written out. 0 where an
 *     input comes from nowhere
 * @param pin what a pin can do; empty for other widgets
 * @param configuration what is connected to a pin; empty for other widgets
 * @param pcm the formats of a converter, its own or its function group's; empty for other widgets
 * @param power its power states, where it has some of its own
 */
public record Widget(
    int node,
    WidgetCapabilities capabilities,
    Optional<AmplifierCapabilities> inputAmplifier,
    Optional<AmplifierCapabilities> outputAmplifier,
    List<Integer> connections,
    Optional<PinCapabilities> pin,
    Optional<ConfigurationDefault> configuration,
    Optional<PcmCapabilities> pcm,
    Optional<PowerStates> power) {

  /**
   * Keeps a copy of the list.
   *
   * @param node its id
   * @param capabilities what it is and has
   * @param inputAmplifier of its inputs
   * @param outputAmplifier of its output
   * @param connections nodes by index
   * @param pin what a pin can do
   * @param configuration what is connected to a pin
   * @param pcm formats of a converter
   * @param power power states
   */
  public Widget {
    connections = List.copyOf(connections);
  }

  /**
   * What kind of widget it is.
   *
   * @return the type, from its capabilities
   */
  public WidgetType type() {
    return capabilities.type();
  }

  /** Whether a signal can pass here from or to what is connected to the codec. */
  boolean isPinFor(StreamDirection direction) {
    boolean connected =
        configuration
            .filter(found -> found.connectivity() != ConfigurationDefault.Connectivity.NONE)
            .isPresent();
    return connected
        && pin.filter(
                found -> direction == StreamDirection.PLAYBACK ? found.output() : found.input())
            .isPresent();
  }

  /** Whether samples of a stream become a signal here, or a signal becomes samples. */
  boolean isConverterFor(StreamDirection direction) {
    return type()
        == (direction == StreamDirection.PLAYBACK
            ? WidgetType.AUDIO_OUTPUT
            : WidgetType.AUDIO_INPUT);
  }
}
