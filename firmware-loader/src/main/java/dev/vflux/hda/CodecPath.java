package dev.vflux.hda;

import dev.vflux.hda.HdaException.Reason;
import dev.vflux.hda.PathSearch.Hop;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A way of a signal through a codec: from a converter to a pin for playback, from a pin to a
 * converter for capture. Immutable; any thread.
 */
public final class CodecPath {

  private static final int MAX_TAG = 15;

  private final CodecCommands commands;
  private final int codec;
  private final FunctionGroup group;
  private final StreamDirection direction;
  private final List<Hop> hops;
  private final List<Widget> widgets;
  private final PathFormats formats;

  CodecPath(
      CodecCommands commands,
      int codec,
      FunctionGroup group,
      StreamDirection direction,
      List<Hop> hops,
      int payload) {
    this.commands = commands;
    this.codec = codec;
    this.group = group;
    this.direction = direction;
    this.hops = List.copyOf(hops);
    this.widgets = hops.stream().map(Hop::widget).toList();
    PcmCapabilities pcm =
        converter().pcm().filter(PcmCapabilities::pcm).orElse(new PcmCapabilities(0, 0));
    this.formats =
        new PathFormats(pcm.rates(), pcm.bits(), converter().capabilities().channels(), payload);
  }

  /**
   * The codec's address on the link.
   *
   * @return 0 to 7
   */
  public int codec() {
    return codec;
  }

  /**
   * Which way it goes.
   *
   * @return the direction of its streams
   */
  public StreamDirection direction() {
    return direction;
  }

  /**
   * The widgets of the path.
   *
   * @return in the way of the signal: converter first for playback, pin first for capture
   */
  public List<Widget> widgets() {
    return widgets;
  }

  /**
   * Where samples become a signal, or the other way round.
   *
   * @return the widget with the stream
   */
  public Widget converter() {
    return widgets.get(direction == StreamDirection.PLAYBACK ? 0 : widgets.size() - 1);
  }

  /**
   * Where the signal leaves or enters the codec.
   *
   * @return the pin
   */
  public Widget pin() {
    return widgets.get(direction == StreamDirection.PLAYBACK ? widgets.size() - 1 : 0);
  }

  /**
   * The formats that codec and controller offer together.
   *
   * @return rates, sizes and channels
   */
  public PathFormats formats() {
    return formats;
  }

  /**
   * Whether codec and controller together can carry a format.
   *
   * @param format a format
   * @return true when {@link #steps} takes it
   */
  public boolean supports(StreamFormat format) {
    return formats.contains(format);
  }

  /**
   * What makes a stream heard, or a signal recorded, for {@link SetUp}: function group and widgets
   * in D0; the converter's format and stream; connections selected; the pin's output or input
   * enabled, with headphone drive or the microphone's VREF where the pin offers them, and EAPD;
   * then the amplifiers at 0 dB and not muted, other inputs of mixers muted. Every step is undone
   * by writing what was read before it; one that fails half way writes that back itself. What HDMI
   * and DisplayPort want besides (info frames) is not sent.
   *
   * <p>Before the stream runs. One path at a time through the same widgets; steps are bounded by
   * {@link CodecCommands#RESPONSE_LIMIT} for each verb.
   *
   * @param tag the stream's tag, 1 to 15
   * @param format the stream's format
   * @return the steps, in their order; each can be taken more than once
   * @throws HdaException when {@link #supports} says no; it says what can be used instead
   * @throws IllegalArgumentException for another tag
   */
  public List<SetUp.Step> steps(int tag, StreamFormat format) {
    if (tag < 1 || tag > MAX_TAG) {
      throw new IllegalArgumentException("stream tag " + tag + ": use 1 to " + MAX_TAG);
    }
    if (!supports(format)) {
      throw new HdaException(
          Reason.UNSUPPORTED_FORMAT,
          "use " + format,
          commands.device() + " " + this,
          "codec and controller do not offer it",
          "use " + formats);
    }
    return new PathSteps(commands, this, group, hops).of(tag, format);
  }

  /**
   * Gain and mute at the end of the path.
   *
   * @return empty when no amplifier of the path can change its gain or mute
   */
  public Optional<PathVolume> volume() {
    return PathVolume.of(new PathSteps(commands, this, group, hops).amplifiers());
  }

  @Override
  public String toString() {
    return "codec %d: ".formatted(codec)
        + widgets.stream()
            .map(widget -> "0x%02x".formatted(widget.node()))
            .collect(Collectors.joining(" -> "));
  }
}
