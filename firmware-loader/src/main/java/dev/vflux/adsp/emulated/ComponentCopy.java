package dev.vflux.adsp.emulated;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one component does in each step: takes frames from the buffers before it and puts them into
 * those behind it. A volume multiplies, a mixer adds and saturates, everything else passes samples
 * on as they are. Used under the board's lock.
 */
final class ComponentCopy {

  private final DspComponent component;
  private final @Nullable LinkChannel link;
  private final int rate;
  private final List<SampleFifo> from = new ArrayList<>();
  private final List<SampleFifo> to = new ArrayList<>();
  private ByteBuffer samples = ByteBuffer.allocate(0);
  private int channels;
  private @Nullable StreamClock silence;
  private long bytes;

  /** With its channel of the link DMA, when it is a DAI of the link. */
  ComponentCopy(DspComponent component, @Nullable LinkChannel link, int rate) {
    this.component = component;
    this.link = link;
    this.rate = rate;
  }

  DspComponent component() {
    return component;
  }

  @Nullable LinkChannel link() {
    return link;
  }

  /** Bytes a DAI has moved. */
  long bytes() {
    return bytes;
  }

  /** Looks at what is connected and active; to be called after every change of that. */
  void connect() {
    from.clear();
    to.clear();
    channels = 0;
    for (DspBuffer buffer : component.sources()) {
      connect(from, buffer.fifo(), buffer.source());
    }
    for (DspBuffer buffer : component.sinks()) {
      connect(to, buffer.fifo(), buffer.sink());
    }
  }

  private void connect(
      List<SampleFifo> side, @Nullable SampleFifo fifo, @Nullable DspComponent other) {
    if (fifo != null && other != null && other.active()) {
      side.add(fifo);
      channels = Math.max(channels, fifo.channels());
    }
  }

  /** One step; the port is the host's when it is a host component. */
  void run(@Nullable HostPort port, long now) {
    if (port != null) {
      host(port);
    } else if (component.dai().isPresent()) {
      dai(component.dai().get(), now);
    } else if (!from.isEmpty() && !to.isEmpty()) {
      process();
    }
  }

  private void host(HostPort port) {
    if (port.end().playback() && !to.isEmpty()) {
      int unusedFrames = port.copyTo(to.get(0));
    } else if (!port.end().playback() && !from.isEmpty()) {
      int unusedFrames = port.copyFrom(from.get(0));
    }
  }

  private void process() {
    int frames = Integer.MAX_VALUE;
    for (SampleFifo source : from) {
      frames = Math.min(frames, source.available());
    }
    for (SampleFifo sink : to) {
      frames = Math.min(frames, sink.room());
    }
    VolumeControls volume = component.controls() instanceof VolumeControls v ? v : null;
    for (int i = 0; i < frames; i++) {
      for (int channel = 0; channel < channels; channel++) {
        sample(channel, volume);
      }
    }
  }

  private void sample(int channel, @Nullable VolumeControls volume) {
    long sum = 0;
    for (int i = 0; i < from.size(); i++) {
      SampleFifo source = from.get(i);
      sum += channel < source.channels() ? source.take() : 0;
    }
    int sample = (int) Math.max(Integer.MIN_VALUE, Math.min(Integer.MAX_VALUE, sum));
    if (volume != null) {
      sample = volume.apply(sample, channel);
    }
    for (int i = 0; i < to.size(); i++) {
      SampleFifo sink = to.get(i);
      if (channel < sink.channels()) {
        sink.put(sample);
      }
    }
  }

  private void dai(DaiEnd dai, long now) {
    if (dai.playback() && !from.isEmpty()) {
      play(dai, from.get(0));
    } else if (!dai.playback() && !to.isEmpty()) {
      record(dai, to.get(0), now);
    }
  }

  private ByteBuffer scratch(int length) {
    if (samples.capacity() < length) {
      samples = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    }
    return samples.clear().limit(length);
  }

  // An interface beside the link has nothing connected: what it plays is gone.
  private void play(DaiEnd dai, SampleFifo source) {
    ByteRing ring = link == null ? null : link.ring();
    int frameBytes = source.channels() * dai.format().bytes();
    int frames = source.available();
    if (ring != null) {
      frames = Math.min(frames, ring.room() / frameBytes);
    }
    ByteBuffer out = scratch(frames * frameBytes);
    for (int i = 0; i < frames * source.channels(); i++) {
      dai.format().write(out, source.take());
    }
    bytes += out.limit();
    if (ring != null) {
      ring.put(out.flip());
    }
  }

  // An interface beside the link hears silence, as much as the time since the last step is worth.
  private int silentFrames(long now) {
    if (silence == null) {
      silence = new StreamClock(rate, now);
    }
    return (int) silence.due(now);
  }

  private void record(DaiEnd dai, SampleFifo sink, long now) {
    ByteRing ring = link == null ? null : link.ring();
    int frameBytes = sink.channels() * dai.format().bytes();
    int frames = sink.room();
    frames = Math.min(frames, ring == null ? silentFrames(now) : ring.available() / frameBytes);
    bytes += (long) frames * frameBytes;
    if (ring == null) {
      for (int i = 0; i < frames * sink.channels(); i++) {
        sink.put(0);
      }
      return;
    }
    ByteBuffer in = scratch(frames * frameBytes);
    ring.take(in);
    in.flip();
    while (in.hasRemaining()) {
      sink.put(dai.format().read(in));
    }
  }
}
