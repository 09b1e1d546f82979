package dev.vflux.adsp.emulated;

import java.nio.ByteBuffer;
import java.util.List;

/**
 * The link between the controller's streams and the codec. What goes out with a tag arrives at each
 * DAC that is awake and set to the tag and to the format, when LOSIDV lets the tag out on the
 * codec's link and the link has power; else nobody hears it. An ADC speaks under the same
 * conditions, without LOSIDV, the first of several with a tag; else the link is silent. Used under
 * the board's lock.
 */
final class CodecLink {

  private static final int TAGS = 16;

  private final MultiLink links;
  private final List<CodecConverter> dacs;
  private final List<CodecConverter> adcs;
  private final DaiEnds ends;
  private final int[] starts = new int[TAGS];
  private final int[] heardIn;

  CodecLink(MultiLink links, AudioCodec codec, DaiEnds ends) {
    this.links = links;
    this.dacs = codec.dacs();
    this.adcs = codec.adcs();
    this.ends = ends;
    this.heardIn = new int[adcs.size()];
  }

  /** A stream goes out; takes all remaining bytes, whole frames. */
  void play(int tag, int format, ByteBuffer bytes) {
    if (bytes.hasRemaining() && links.letsOut(AudioCodec.ADDRESS, tag)) {
      int start = bytes.position();
      for (int i = 0; i < dacs.size(); i++) {
        if (dacs.get(i).takesPart(tag, format)) {
          ends.outputs().get(i).accept(tag, format, bytes);
          bytes.position(start);
        }
      }
    }
    bytes.position(bytes.limit());
  }

  /** A stream comes in: fills a buffer with whole frames. */
  void record(int tag, int format, ByteBuffer target) {
    if (links.carries(AudioCodec.ADDRESS)) {
      for (int i = 0; i < adcs.size(); i++) {
        if (adcs.get(i).takesPart(tag, format)) {
          speak(i, tag, format, target);
          break;
        }
      }
    }
    while (target.hasRemaining()) {
      target.put((byte) 0);
    }
  }

  private void speak(int adc, int tag, int format, ByteBuffer target) {
    DaiSource source = ends.inputs().get(adc);
    int start = starts[tag] * TAGS + tag;
    if (heardIn[adc] != start) {
      heardIn[adc] = start;
      source.rewind();
    }
    if (adcs.get(adc).connected()) {
      source.fill(tag, format, target);
    }
  }

  /** An output stream has stopped. */
  void outputStops() {
    ends.outputs().forEach(DaiSink::streamStopped);
  }

  /** An input stream begins, not after a pause: what its ADC hears begins as well. */
  void inputStarts(int tag) {
    starts[tag]++;
  }
}
