package dev.vflux.audio;

import dev.vflux.audio.AudioException.Reason;
import dev.vflux.hda.CodecPath;
import dev.vflux.hda.Codecs;
import dev.vflux.hda.StreamDirection;
import dev.vflux.hda.StreamFormat;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The paths through a controller's codecs, and who has which. Driver loop only. */
final class CodecPaths {

  /** A path with the format it shall carry. */
  record Choice(CodecPath path, StreamFormat format) {}

  // a converter takes the upper bits of a container of 32
  private static final int[] BITS_IN_32 = {32, 24, 20};

  private final Codecs codecs;
  private final String name;

  CodecPaths(Codecs codecs, String name) {
    this.codecs = codecs;
    this.name = name;
  }

  Codecs codecs() {
    return codecs;
  }

  /** All of them, the best one first. */
  List<CodecPath> of(StreamDirection direction) {
    return codecs.paths(direction);
  }

  /**
   * The first path that no stream has and that takes a format.
   *
   * @param container bytes of a sample on the link
   * @param taken the ways of the streams that are under way
   * @throws AudioException when there is none; {@link dev.vflux.hda.HdaException} when there is no
   *     path at all
   */
  Choice choose(
      StreamDirection direction, PcmFormat format, int container, Stream<PcmPath.Leg> taken) {
    // says why when there is none
    CodecPath best = codecs.path(direction);
    List<CodecPath> busy = taken.flatMap(leg -> leg.path().stream()).toList();
    List<CodecPath> free =
        of(direction).stream()
            .filter(path -> busy.stream().noneMatch(other -> meet(other, path)))
            .toList();
    if (free.isEmpty()) {
      throw new AudioException(
          Reason.NO_PATH,
          "open " + direction,
          name,
          "all of %d paths have streams".formatted(of(direction).size()),
          "end a stream first");
    }
    for (CodecPath path : free) {
      Optional<StreamFormat> carried = carried(path, format, container);
      if (carried.isPresent()) {
        return new Choice(path, carried.get());
      }
    }
    throw unsupported(direction, format, best);
  }

  AudioException unsupported(StreamDirection direction, PcmFormat format, CodecPath best) {
    return new AudioException(
        Reason.UNSUPPORTED_FORMAT,
        "open " + direction,
        name,
        format + " is not among the formats of " + best,
        "use " + best.formats());
  }

  // one converter takes part in one stream
  private static boolean meet(CodecPath taken, CodecPath path) {
    return taken.codec() == path.codec() && !Collections.disjoint(taken.widgets(), path.widgets());
  }

  private static Optional<StreamFormat> carried(CodecPath path, PcmFormat format, int container) {
    int[] bits = container == Short.BYTES ? new int[] {Short.SIZE} : BITS_IN_32;
    for (int candidate : bits) {
      Optional<StreamFormat> stream = format.streamFormat(candidate);
      if (stream.filter(path::supports).isPresent()) {
        return stream;
      }
    }
    return Optional.empty();
  }
}
