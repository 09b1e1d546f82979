package dev.vflux.audio;

import dev.vflux.hda.CodecPath;
import dev.vflux.hda.HdaController;
import dev.vflux.hda.HdaStream;
import dev.vflux.hda.SetUp;
import dev.vflux.hda.StreamDirection;
import dev.vflux.hda.StreamFormat;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** From a stream over the link to a codec, or back; nothing lies between. Driver loop only. */
final class CodecLeg implements PcmPath.Leg {

  private final HdaController hda;
  private final CodecPath path;
  private final StreamFormat format;

  CodecLeg(HdaController hda, CodecPaths.Choice choice) {
    this.hda = hda;
    this.path = choice.path();
    this.format = choice.format();
  }

  @Override
  public Optional<CodecPath> path() {
    return Optional.of(path);
  }

  @Override
  public StreamFormat streamFormat() {
    return format;
  }

  @Override
  public List<SetUp.Step> steps(HdaStream stream) {
    List<SetUp.Step> steps = new ArrayList<>();
    if (stream.direction() == StreamDirection.PLAYBACK) {
      int codec = path.codec();
      steps.add(
          SetUp.Step.of(
              "let the tag out on the codec's link",
              () -> hda.route(stream.tag(), codec, true),
              () -> hda.route(stream.tag(), codec, false)));
    }
    steps.addAll(path.steps(stream.tag(), format));
    return steps;
  }

  @Override
  public String toString() {
    return path.toString();
  }
}
