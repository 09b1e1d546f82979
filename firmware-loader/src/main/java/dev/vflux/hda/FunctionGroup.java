package dev.vflux.hda;

import java.util.List;
import java.util.Optional;

/**
 * A function group of a codec. Immutable; any thread.
 *
 * @param node its id, 1 to 127
 * @param type 1 for audio, 2 for a modem, 0x80 and more for a vendor's own (HDA 1.0a, 7.3.4.4)
 * @param subsystem its subsystem id, 32 bits; 0 where the group is not audio
 * @param pcm the formats of converters that have none of their own; in audio groups
 * @param power its power states; in audio groups
 * @param widgets its nodes, by their ids; empty where the group is not audio
 */
public record FunctionGroup(
    int node,
    int type,
    int subsystem,
    Optional<PcmCapabilities> pcm,
    Optional<PowerStates> power,
    List<Widget> widgets) {

  private static final int TYPE = 0xff;
  private static final int AUDIO = 1;

  /**
   * Keeps a copy of the list.
   *
   * @param node its id
   * @param type what it is
   * @param subsystem its subsystem id
   * @param pcm formats
   * @param power power states
   * @param widgets its nodes
   */
  public FunctionGroup {
    widgets = List.copyOf(widgets);
  }

  /** A group that is not looked into. */
  static FunctionGroup closed(int node, int type) {
    return new FunctionGroup(node, type, 0, Optional.empty(), Optional.empty(), List.of());
  }

  static int type(int answer) {
    return answer & TYPE;
  }

  static boolean isAudio(int type) {
    return type == AUDIO;
  }

  /**
   * Whether it is an audio function group.
   *
   * @return true when it has converters and pins
   */
  public boolean audio() {
    return isAudio(type);
  }

  /**
   * One of its widgets.
   *
   * @param id a node id
   * @return the widget; empty when the group has none with this id
   */
  public Optional<Widget> widget(int id) {
    return widgets.stream().filter(widget -> widget.node() == id).findFirst();
  }
}
