package dev.vflux.hda;

import dev.vflux.hda.ConfigurationDefault.Connectivity;
import dev.vflux.hda.ConfigurationDefault.Device;
import java.util.Comparator;
import java.util.List;

/** Which path comes first: the rule that {@link Codec#paths} tells. */
final class PathOrder {

  static final Comparator<CodecPath> BEST_FIRST =
      Comparator.comparing(PathOrder::toDisplay)
          .thenComparing(PathOrder::digital)
          .thenComparing(PathOrder::unpluggable)
          .thenComparing(PathOrder::device)
          .thenComparing(PathOrder::association)
          .thenComparing(path -> configuration(path).sequence())
          .thenComparing(path -> path.widgets().size())
          .thenComparing(CodecPath::codec)
          .thenComparing(path -> path.converter().node())
          .thenComparing(path -> path.pin().node());

  private static final List<Device> PLAYBACK =
      List.of(Device.SPEAKER, Device.LINE_OUT, Device.HEADPHONES);
  private static final List<Device> CAPTURE = List.of(Device.MICROPHONE, Device.LINE_IN);
  private static final int AFTER_ALL = 16;

  private PathOrder() {}

  private static ConfigurationDefault configuration(CodecPath path) {
    return path.pin().configuration().orElseThrow();
  }

  private static boolean toDisplay(CodecPath path) {
    return path.pin().pin().orElseThrow().display();
  }

  private static boolean digital(CodecPath path) {
    return path.converter().capabilities().digital() || path.pin().capabilities().digital();
  }

  private static boolean unpluggable(CodecPath path) {
    return configuration(path).connectivity() == Connectivity.JACK;
  }

  private static int device(CodecPath path) {
    List<Device> order = path.direction() == StreamDirection.PLAYBACK ? PLAYBACK : CAPTURE;
    int place = order.indexOf(configuration(path).device());
    return place < 0 ? order.size() : place;
  }

  // 0 is reserved
  private static int association(CodecPath path) {
    int association = configuration(path).association();
    return association == 0 ? AFTER_ALL : association;
  }
}
