package dev.vflux.adsp.emulated;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The link between the controller's streams and the codec. What goes out with a tag arrives at the
 * DAC when LOSIDV lets the tag out on the codec's link, the link has power, and the DAC is awake,
 * set to the tag and to the format; else nobody hears it. The ADC speaks under the same conditions,
 * without LOSIDV; else the link is silent. Used under the board's lock.
 */
final class CodecLink {

  private final MultiLink links;
  private final AudioCodec codec;
  private final @Nullable DaiRecorder recorder;
  private final DaiSource source;

  CodecLink(MultiLink links, AudioCodec codec, @Nullable DaiRecorder recorder, DaiSource source) {
    this.links = links;
    this.codec = codec;
    this.recorder = recorder;
    this.source = source;
  }

  /** A stream goes out; takes all remaining bytes, whole frames. */
  void play(int tag, int format, ByteBuffer bytes) {
    boolean heard =
        links.letsOut(AudioCodec.ADDRESS, tag)
            && codec.plays(tag)
            && codec.dac().format() == format;
    if (heard && recorder != null) {
      recorder.append(format, bytes);
    }
    bytes.position(bytes.limit());
  }

  /** A stream comes in: fills a buffer with whole frames. */
  void record(int tag, int format, ByteBuffer target) {
    boolean speaks =
        links.carries(AudioCodec.ADDRESS)
            && codec.records(tag)
            && codec.adc().format() == format
            && codec.hearsMicrophone();
    if (speaks) {
      source.fill(format, target);
    }
    while (target.hasRemaining()) {
      target.put((byte) 0);
    }
  }

  /** An output stream has stopped. */
  void outputStops() {
    if (recorder != null) {
      recorder.flush();
    }
  }

  /** An input stream begins: what the microphone hears begins as well. */
  void inputStarts() {
    source.rewind();
  }
}
