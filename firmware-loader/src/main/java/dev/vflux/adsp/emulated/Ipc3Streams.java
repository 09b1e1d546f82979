package dev.vflux.adsp.emulated;

import dev.vflux.adsp.emulated.DspComponent.State;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Requests about streams: parameters, start, stop, pause and release go from the host's component
 * along everything that is scheduled with it. States and errors: SOF 2.2, {@code
 * src/ipc/ipc3/handler.c} and {@code src/audio/component.c}. Used under the board's lock.
 */
final class Ipc3Streams {

  static final int PCM_PARAMS = 0x001;
  static final int PCM_FREE = 0x003;
  static final int TRIG_START = 0x004;
  static final int TRIG_STOP = 0x005;
  static final int TRIG_PAUSE = 0x006;
  static final int TRIG_RELEASE = 0x007;
  static final int TRIG_DRAIN = 0x008;
  static final int TRIG_XRUN = 0x009;
  static final int POSITION = 0x00a;

  private static final int COMPONENT = 8;
  private static final int REPLY_BYTES = 20;
  private static final int REPLY_COMPONENT = 12;
  private static final int REPLY_POSITION = 16;

  private final DspTopology topology;
  private final DspAudio audio;

  Ipc3Streams(DspTopology topology, DspAudio audio) {
    this.topology = topology;
    this.audio = audio;
  }

  /** The reply of PCM_PARAMS; to be called once it has succeeded. */
  ByteBuffer parametersReply(Ipc3Message message) throws RequestRefusedException {
    DspComponent host = topology.component(message.word(COMPONENT));
    return ByteBuffer.allocate(REPLY_BYTES)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(0, REPLY_BYTES)
        .putInt(Integer.BYTES, message.command())
        .putInt(REPLY_COMPONENT, host.id())
        .putInt(REPLY_POSITION, pipeline(host).position());
  }

  /** Whether parameters were taken; an active stream keeps its own. */
  boolean parameters(Ipc3Message message) throws RequestRefusedException {
    DspComponent host = topology.component(message.word(COMPONENT));
    DspPipeline pipeline = pipeline(host);
    HostEnd stream = new HostEnd(message);
    if (host.active()) {
      return false;
    }
    List<DspComponent> path = path(host, stream.playback());
    try {
      for (DspComponent component : path) {
        if (!component.active()) {
          prepare(component, stream);
        }
      }
    } catch (RequestRefusedException refused) {
      reset(host, stream.playback());
      throw refused;
    }
    host.serves(stream);
    audio.prepared(host, stream, pipeline, path);
    return true;
  }

  void request(int command, Ipc3Message message) throws RequestRefusedException {
    DspComponent host = topology.component(message.word(COMPONENT));
    switch (command) {
      case PCM_FREE -> free(host);
      case TRIG_START -> trigger(host, State.PREPARED, State.ACTIVE);
      case TRIG_RELEASE -> trigger(host, State.PAUSED, State.ACTIVE);
      case TRIG_PAUSE -> trigger(host, State.ACTIVE, State.PAUSED);
      case TRIG_STOP -> stop(host);
      case POSITION -> audio.writePosition(host, pipeline(host));
      case TRIG_XRUN -> {
        // taken and not acted upon
      }
      case TRIG_DRAIN -> throw RequestRefusedException.noDevice("nothing can be drained");
      default -> throw RequestRefusedException.invalid("stream command " + command);
    }
  }

  private static DspPipeline pipeline(DspComponent component) throws RequestRefusedException {
    return component
        .pipeline()
        .orElseThrow(
            () -> RequestRefusedException.invalid(component.id() + " is in no complete pipeline"));
  }

  // Everything from the host's component on that is scheduled with it, in that order.
  private static List<DspComponent> path(DspComponent host, boolean downstream)
      throws RequestRefusedException {
    Set<DspComponent> found = new LinkedHashSet<>();
    follow(host, pipeline(host), downstream, component -> true, found);
    return List.copyOf(found);
  }

  private static void follow(
      DspComponent component,
      DspPipeline start,
      boolean downstream,
      Predicate<DspComponent> wanted,
      Set<DspComponent> found) {
    boolean together =
        component.pipeline().filter(p -> p == start || p.scheduledWith(start)).isPresent();
    if (!together || !wanted.test(component) || !found.add(component)) {
      return;
    }
    for (DspBuffer buffer : downstream ? component.sinks() : component.sources()) {
      DspComponent next = downstream ? buffer.sink() : buffer.source();
      if (next != null) {
        follow(next, start, downstream, wanted, found);
      }
    }
  }

  // Like path, but not into what another stream in that state still goes through.
  private static List<DspComponent> ownPath(
      DspComponent host, boolean downstream, Predicate<DspComponent> needed)
      throws RequestRefusedException {
    Set<DspComponent> found = new LinkedHashSet<>();
    Predicate<DspComponent> wanted =
        component ->
            (downstream ? component.sources() : component.sinks())
                .stream()
                    .map(buffer -> downstream ? buffer.source() : buffer.sink())
                    .noneMatch(
                        other -> other != null && !found.contains(other) && needed.test(other));
    follow(host, pipeline(host), downstream, wanted, found);
    return List.copyOf(found);
  }

  private void prepare(DspComponent component, HostEnd stream) throws RequestRefusedException {
    int converted = component.sinkRate();
    if (converted != 0 && converted != stream.rate()) {
      throw RequestRefusedException.invalid("no conversion to " + converted + " frames per second");
    }
    if (component.dai().isPresent()) {
      takeChannel(component.dai().get());
    }
    component.enter(State.PREPARED);
  }

  private void takeChannel(DaiEnd dai) throws RequestRefusedException {
    if (!dai.configured()) {
      throw RequestRefusedException.invalid("the DAI is not configured");
    }
    if (dai.holdsChannel()) {
      return;
    }
    int channel = dai.wantedChannel();
    if (dai.onLink()) {
      audio.requireLinkChannel(dai.playback(), channel);
      for (DspComponent other : topology.components()) {
        if (other.dai().filter(end -> end.holds(dai.playback(), channel)).isPresent()) {
          throw RequestRefusedException.io("link DMA channel " + channel + " is in use");
        }
      }
    }
    dai.hold(channel);
  }

  private void trigger(DspComponent host, State from, State to) throws RequestRefusedException {
    DspPipeline unusedPipeline = pipeline(host);
    HostEnd stream = stream(host);
    if (host.state() == to && to == State.PAUSED) {
      return;
    }
    if (host.state() != from) {
      throw RequestRefusedException.invalid(host.id() + " is " + host.state());
    }
    List<DspComponent> meant =
        to == State.ACTIVE
            ? path(host, stream.playback())
            : ownPath(host, stream.playback(), DspComponent::active);
    meant.forEach(component -> component.enter(to));
    audio.changed(host);
  }

  private void stop(DspComponent host) throws RequestRefusedException {
    DspPipeline unusedPipeline = pipeline(host);
    if (host.state() == State.PREPARED) {
      return;
    }
    HostEnd stream = stream(host);
    for (DspComponent component : ownPath(host, stream.playback(), DspComponent::active)) {
      if (!component.idle()) {
        component.enter(State.PREPARED);
      }
    }
    audio.changed(host);
  }

  private static HostEnd stream(DspComponent host) throws RequestRefusedException {
    return host.host()
        .orElseThrow(() -> RequestRefusedException.invalid(host.id() + " has no parameters"));
  }

  private void free(DspComponent host) throws RequestRefusedException {
    DspPipeline unusedPipeline = pipeline(host);
    if (host.host().isPresent()) {
      boolean playback = host.host().get().playback();
      host.serves(null);
      reset(host, playback);
      audio.changed(host);
    }
  }

  private static void reset(DspComponent host, boolean playback) throws RequestRefusedException {
    for (DspComponent component : ownPath(host, playback, other -> !other.idle())) {
      component.enter(State.READY);
      component.dai().filter(dai -> !dai.stopsInTwoSteps()).ifPresent(DaiEnd::release);
    }
  }
}
