package dev.vflux.adsp.emulated;

/**
 * The hardware a DAI component is the software of: which interface, in which direction, and over
 * which channel of the link DMA. Types: Linux {@code include/sound/sof/dai.h}. Used under the
 * board's lock.
 */
final class DaiEnd {

  static final int SSP = 1;
  static final int DMIC = 2;
  static final int HDA = 3;
  static final int ALH = 4;

  /** No channel of the link DMA. */
  static final int NO_CHANNEL = -1;

  private final int type;
  private final int index;
  private final boolean playback;
  private final SampleFormat format;
  private boolean configured;
  private boolean stopsInTwoSteps;
  private int wanted = NO_CHANNEL;
  private int held = NO_CHANNEL;

  DaiEnd(int type, int index, boolean playback, SampleFormat format) {
    this.type = type;
    this.index = index;
    this.playback = playback;
    this.format = format;
  }

  boolean is(int otherType, int otherIndex) {
    return type == otherType && index == otherIndex;
  }

  /** Whether it is on the HDA link. */
  boolean onLink() {
    return type == HDA;
  }

  boolean playback() {
    return playback;
  }

  /** How samples lie in its DMA buffer. */
  SampleFormat format() {
    return format;
  }

  /**
   * Keeps a configuration that names a channel; the channel is taken when the stream is prepared.
   */
  void configure(int channel) {
    configured = true;
    wanted = channel;
  }

  boolean configured() {
    return configured;
  }

  void stopInTwoSteps() {
    stopsInTwoSteps = true;
  }

  boolean stopsInTwoSteps() {
    return stopsInTwoSteps;
  }

  boolean holdsChannel() {
    return held != NO_CHANNEL;
  }

  /** Whether it holds this channel of the link DMA. */
  boolean holds(boolean output, int channel) {
    return onLink() && playback == output && held == channel && holdsChannel();
  }

  /** The channel the last configuration named. */
  int wantedChannel() {
    return wanted;
  }

  int channel() {
    return held;
  }

  void hold(int channel) {
    held = channel;
  }

  void release() {
    held = NO_CHANNEL;
  }
}
