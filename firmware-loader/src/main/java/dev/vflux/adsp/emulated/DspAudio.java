package dev.vflux.adsp.emulated;

import dev.vflux.emulated.DeviceClock;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Moves the samples: once a millisecond of the device's clock host DMAs fill their rings, every
 * active component copies what it finds to what follows it, and the link DMAs send and receive. A
 * step that comes late is made up for, at its own time, so the rates are exact over any time. Used
 * under the board's lock.
 */
final class DspAudio {

  private static final Duration STEP = Duration.ofMillis(1);

  /**
   * A device that was held up for longer, for instance with its whole process, does not catch up.
   */
  private static final Duration LONGEST_DELAY = Duration.ofMillis(500);

  private static final int STREAM_BOX = 0x1000;
  private static final int POSITION = 0x600a_0000;
  private static final int POSITION_COMPONENT = 12;
  private static final int POSITION_HOST = 28;
  private static final int POSITION_DAI = 36;

  /** What moves data between memory and the host ports. */
  interface HostDma {
    /** Moves what the ports take, or what they have. */
    void pump(boolean playback);
  }

  /** Sends a message to the host. */
  interface Messages {
    void send(int word, ByteBuffer message);
  }

  private final DeviceClock clock;
  private final DspSpace dsp;
  private final Messages messages;
  private final Runnable changed;
  private final Map<DspComponent, HostPort> ports = new LinkedHashMap<>();
  private final Map<DspComponent, ComponentCopy> copies = new LinkedHashMap<>();
  private final Set<LinkChannel> fed = new HashSet<>();
  private List<LinkChannel> channels = List.of();
  private @Nullable List<ComponentCopy> order;
  private @Nullable HostDma hostDma;
  private DeviceClock.@Nullable Task task;
  private long next;

  DspAudio(DeviceClock clock, DspSpace dsp, Messages messages, Runnable changed) {
    this.clock = clock;
    this.dsp = dsp;
    this.messages = messages;
    this.changed = changed;
  }

  /** Says what is around the DSP. */
  void attach(HostDma newHostDma, List<LinkChannel> newChannels) {
    hostDma = newHostDma;
    channels = newChannels;
  }

  /** Nothing is left of any stream. */
  void stop() {
    ports.clear();
    copies.clear();
    order = null;
    channels.forEach(LinkChannel::close);
    if (task != null) {
      task.cancel();
      task = null;
    }
  }

  /** The port of the active stream with a tag. */
  StreamPort port(boolean playback, int tag) {
    for (HostPort port : ports.values()) {
      if (port.serves(playback, tag)) {
        return port;
      }
    }
    return StreamPort.NONE;
  }

  /** Refuses a channel that the link DMA of this direction does not have. */
  void requireLinkChannel(boolean playback, int channel) throws RequestRefusedException {
    int count = playback ? GlobalRegisters.OUTPUT_STREAMS : GlobalRegisters.INPUT_STREAMS;
    if (channel < 0 || channel >= count) {
      throw RequestRefusedException.io("there is no link DMA channel " + channel);
    }
  }

  /** A stream has its parameters: its buffers and its position begin anew. */
  void prepared(DspComponent host, HostEnd stream, DspPipeline pipeline, List<DspComponent> path) {
    ports.put(host, new HostPort(stream, host, pipeline, clock.nanos()));
    Set<DspBuffer> buffers = new LinkedHashSet<>();
    for (DspComponent component : path) {
      buffers.addAll(component.sources());
      buffers.addAll(component.sinks());
    }
    buffers.stream().filter(buffer -> !buffer.busy()).forEach(buffer -> buffer.open(stream));
    for (DspComponent component : path) {
      if (!component.active()) {
        component.dai().filter(DaiEnd::onLink).ifPresent(dai -> open(dai, stream));
        copies.put(component, new ComponentCopy(component, linkOf(component), stream.rate()));
      }
    }
    for (int at = 0; at < DspTopology.POSITION_BYTES; at += Integer.BYTES) {
      dsp.window(2).putInt(STREAM_BOX + pipeline.position() + at, 0);
    }
  }

  private void open(DaiEnd dai, HostEnd stream) {
    channel(dai).open(stream.channels() * dai.format().bytes(), stream.rate());
  }

  private LinkChannel channel(DaiEnd dai) {
    int first = dai.playback() ? GlobalRegisters.INPUT_STREAMS : 0;
    return channels.get(first + dai.channel());
  }

  private @Nullable LinkChannel linkOf(DspComponent component) {
    Optional<DaiEnd> dai = component.dai().filter(DaiEnd::onLink);
    return dai.isPresent() ? channel(dai.get()) : null;
  }

  /** A stream was started, stopped, paused or freed. */
  void changed(DspComponent host) {
    HostPort port = ports.get(host);
    if (port != null && host.active()) {
      port.restart(task == null ? clock.nanos() : next - STEP.toNanos());
    }
    ports.keySet().removeIf(DspComponent::idle);
    copies.keySet().removeIf(DspComponent::idle);
    wake();
  }

  /** The host has made a request: what is connected or active may be something else. */
  void requested() {
    order = null;
  }

  /** Something may have to be moved from now on. */
  void wake() {
    if (task == null && busy()) {
      next = clock.nanos() + STEP.toNanos();
      task = clock.schedule(STEP, this::ticked);
    }
  }

  private boolean busy() {
    boolean streams = ports.keySet().stream().anyMatch(DspComponent::active);
    return streams || channels.stream().anyMatch(channel -> channel.taken() && channel.running());
  }

  private void ticked() {
    task = null;
    long now = clock.nanos();
    if (now - next > LONGEST_DELAY.toNanos()) {
      next = now;
    }
    while (next <= now) {
      step(next);
      next += STEP.toNanos();
    }
    if (busy()) {
      task = clock.schedule(Duration.ofNanos(next - now), this::ticked);
    }
    changed.run();
  }

  private void step(long now) {
    pump(true);
    for (HostPort port : ports.values()) {
      if (port.component().active()) {
        port.tick(now);
      }
    }
    List<ComponentCopy> inOrder = inOrder();
    link(now, false);
    for (ComponentCopy copy : inOrder) {
      copy.run(ports.get(copy.component()), now);
    }
    link(now, true);
    pump(false);
    ports.values().forEach(this::report);
  }

  private void pump(boolean playback) {
    if (hostDma != null) {
      hostDma.pump(playback);
    }
  }

  private void link(long now, boolean output) {
    int from = output ? GlobalRegisters.INPUT_STREAMS : 0;
    int to = output ? GlobalRegisters.STREAMS : GlobalRegisters.INPUT_STREAMS;
    for (int index = from; index < to && index < channels.size(); index++) {
      LinkChannel channel = channels.get(index);
      if (channel.taken()) {
        channel.tick(now, fed.contains(channel));
      }
    }
  }

  private List<ComponentCopy> inOrder() {
    List<ComponentCopy> known = order;
    if (known == null) {
      known = ordered();
      order = known;
    }
    return known;
  }

  // Those that fill a buffer come before the one that empties it; a loop is entered anywhere.
  private List<ComponentCopy> ordered() {
    Set<DspComponent> placed = new LinkedHashSet<>();
    copies.keySet().stream()
        .filter(DspComponent::active)
        .forEach(component -> place(component, placed, new LinkedHashSet<>()));
    List<ComponentCopy> inOrder = new ArrayList<>();
    fed.clear();
    for (DspComponent component : placed) {
      ComponentCopy copy = copies.get(component);
      if (copy != null) {
        copy.connect();
        inOrder.add(copy);
        LinkChannel channel = copy.link();
        if (channel != null) {
          boolean unusedNew = fed.add(channel);
        }
      }
    }
    return inOrder;
  }

  private static void place(
      DspComponent component, Set<DspComponent> placed, Set<DspComponent> under) {
    if (placed.contains(component) || !under.add(component)) {
      return;
    }
    for (DspBuffer buffer : component.sources()) {
      DspComponent before = buffer.source();
      if (before != null && before.active()) {
        place(before, placed, under);
      }
    }
    boolean unusedNew = placed.add(component);
  }

  private void report(HostPort port) {
    boolean message = port.reportDue();
    if (message || (port.end().updatesPosition() && port.component().active())) {
      writePosition(port.component(), port.pipeline());
    }
    if (message) {
      ByteBuffer record = record(port.component(), port.pipeline());
      messages.send(POSITION | port.component().id(), record);
    }
  }

  /** Writes the position record of a stream; of zeros where it has no parameters. */
  void writePosition(DspComponent host, DspPipeline pipeline) {
    BaseFirmware.put(dsp.window(2), STREAM_BOX + pipeline.position(), record(host, pipeline));
  }

  private ByteBuffer record(DspComponent host, DspPipeline pipeline) {
    ByteBuffer record =
        ByteBuffer.allocate(DspTopology.POSITION_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    record.putInt(0, DspTopology.POSITION_BYTES);
    record.putInt(Integer.BYTES, POSITION | host.id());
    record.putInt(POSITION_COMPONENT, host.id());
    HostPort port = ports.get(host);
    if (port != null) {
      int buffer = port.end().bufferBytes();
      record.putLong(POSITION_HOST, buffer > 0 ? port.bytes() % buffer : port.bytes());
      record.putLong(POSITION_DAI, daiBytes(pipeline));
    }
    return record;
  }

  private long daiBytes(DspPipeline pipeline) {
    return copies.values().stream()
        .filter(copy -> copy.component().dai().isPresent())
        .filter(copy -> copy.component().pipeline().filter(pipeline::scheduledWith).isPresent())
        .mapToLong(ComponentCopy::bytes)
        .findFirst()
        .orElse(0);
  }
}
