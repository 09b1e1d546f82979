package dev.vflux.adsp.emulated;

import java.util.function.BooleanSupplier;

/**
 * A DAC or an ADC: which stream of the link it takes part in, and in which format. It takes every
 * channel of its stream. Layouts: HDA 1.0a, 7.3.3.8 and 7.3.3.11. Used under the board's lock.
 */
final class CodecConverter {

  private static final int CHANNEL_AND_TAG = 0xff;
  private static final int CHANNEL = 0xf;
  private static final int TAG_SHIFT = 4;
  private static final int FORMAT = 0xffff;
  private static final int STEREO_24_48 = 0x0031;

  private final int id;
  private final CodecNode node;
  private final BooleanSupplier connected;
  private final VerbRegister stream = VerbRegister.of(0xf06, 0x706, CHANNEL_AND_TAG, 0);
  private final VerbRegister format = VerbRegister.of(0xa, 0x2, FORMAT, STEREO_24_48);

  /** Gives a node its verbs; connected says whether anything is at its other side. */
  CodecConverter(int id, CodecNode node, BooleanSupplier connected) {
    this.id = id;
    this.node = node.with(stream).with(format);
    this.connected = connected;
  }

  /** The id of its node. */
  int id() {
    return id;
  }

  /** The stream tag; 0 when it takes part in none. */
  int tag() {
    return stream.value() >>> TAG_SHIFT;
  }

  /** The first channel of the stream that was set. */
  int firstChannel() {
    return stream.value() & CHANNEL;
  }

  /** The format word. */
  int format() {
    return format.value();
  }

  /** Whether it is awake and takes part in a stream, in the stream's format. */
  boolean takesPart(int streamTag, int streamFormat) {
    return streamTag != 0 && tag() == streamTag && format() == streamFormat && node.awake();
  }

  /** Whether its pin is connected with it, awake and enabled. */
  boolean connected() {
    return connected.getAsBoolean();
  }
}
