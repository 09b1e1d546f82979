package dev.vflux.hda;

import java.util.function.IntUnaryOperator;
import reactor.core.publisher.Mono;

/**
 * One amplifier of one widget, both sides (HDA 1.0a, 7.3.3.7). A side is a byte: gain in bits 6:0,
 * mute in bit 7.
 *
 * @param node the widget
 * @param output whether it is its output's
 * @param index which input's; 0 for an output
 * @param capabilities what it can do
 */
record PathAmplifier(
    NodeVerbs node, boolean output, int index, AmplifierCapabilities capabilities) {

  /** The last input whose amplifier a verb can reach. */
  static final int MAX_INDEX = 15;

  private static final int MUTE = 0x80;

  private static final int SIDE = 0xff;
  private static final int GAIN = 0x7f;
  private static final int GET_OUTPUT = 0x8000;
  private static final int GET_LEFT = 0x2000;
  private static final int SET_OUTPUT = 0x8000;
  private static final int SET_INPUT = 0x4000;
  private static final int SET_LEFT = 0x2000;
  private static final int SET_RIGHT = 0x1000;
  private static final int SET_INDEX_SHIFT = 8;

  /** Left and right in one value; both are set with one verb where they are the same. */
  CodecSetting setting() {
    return new CodecSetting(Mono.zip(side(GET_LEFT), side(0), PathAmplifier::both), this::write);
  }

  private Mono<Integer> side(int side) {
    return node.get(HdaVerb.GET_AMPLIFIER, (output ? GET_OUTPUT : 0) | side | index)
        .map(value -> value & SIDE);
  }

  private Mono<Void> write(int both) {
    int left = left(both);
    int right = right(both);
    return left == right
        ? set(SET_LEFT | SET_RIGHT, left)
        : set(SET_LEFT, left).then(set(SET_RIGHT, right));
  }

  private Mono<Void> set(int sides, int value) {
    return node.set(
        HdaVerb.SET_AMPLIFIER,
        (output ? SET_OUTPUT : SET_INPUT) | sides | index << SET_INDEX_SHIFT | value);
  }

  private static int both(int left, int right) {
    return left << Byte.SIZE | right;
  }

  private static int left(int both) {
    return both >>> Byte.SIZE;
  }

  private static int right(int both) {
    return both & SIDE;
  }

  private static int onBothSides(int both, IntUnaryOperator change) {
    return both(change.applyAsInt(left(both)), change.applyAsInt(right(both)));
  }

  /** Both sides at 0 dB and not muted. */
  int open() {
    return both(capabilities.offset(), capabilities.offset());
  }

  static int muted(int both) {
    return onBothSides(both, side -> side | MUTE);
  }

  static int unmuted(int both) {
    return onBothSides(both, side -> side & GAIN);
  }

  static int withGain(int both, int step) {
    return onBothSides(both, side -> (side & MUTE) | step);
  }

  static boolean isMuted(int both) {
    return (left(both) & right(both) & MUTE) != 0;
  }

  /** Decibels of the louder side. */
  double gain(int both) {
    return capabilities.gain(Math.max(left(both) & GAIN, right(both) & GAIN));
  }

  @Override
  public String toString() {
    return output ? "output amplifier" : "input amplifier " + index;
  }
}
