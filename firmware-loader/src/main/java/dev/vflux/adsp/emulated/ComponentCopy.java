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

  private List<SampleFifo> sources() {
    List<SampleFifo> fifos = new ArrayList<>();
    for (DspBuffer buffer : component.sources()) {
      DspComponent before = buffer.source();
      SampleFifo fifo = buffer.fifo();
      if (fifo != null && before != null && before.active()) {
        fifos.add(fifo);
      }
    }
    return fifos;
  }

  private List<SampleFifo> sinks() {
    List<SampleFifo> fifos = new ArrayList<>();
    for (DspBuffer buffer : component.sinks()) {
      DspComponent behind = buffer.sink();
      SampleFifo fifo = buffer.fifo();
      if (fifo != null && behind != null && behind.active()) {
        fifos.add(fifo);
      }
    }
    return fifos;
  }

  /** One step; the port is the host's when it is a host component. */
  void run(@Nullable HostPort port, long now) {
    List<SampleFifo> from = sources();
    List<SampleFifo> to = sinks();
    if (port != null) {
      host(port, from, to);
    } else if (component.dai().isPresent()) {
      dai(component.dai().get(), from, to, now);
    } else {
      process(from, to);
    }
  }

  private static void host(HostPort port, List<SampleFifo> from, List<SampleFifo> to) {
    if (port.end().playback() && !to.isEmpty()) {
      int unusedFrames = port.copyTo(to.get(0));
    } else if (!port.end().playback() && !from.isEmpty()) {
      int unusedFrames = port.copyFrom(from.get(0));
    }
  }

  private void process(List<SampleFifo> from, List<SampleFifo> to) {
    if (from.isEmpty() || to.isEmpty()) {
      return;
    }
    int frames = Integer.MAX_VALUE;
    for (SampleFifo source : from) {
      frames = Math.min(frames, source.available());
    }
    for (SampleFifo sink : to) {
      frames = Math.min(frames, sink.room());
    }
    for (int i = 0; i < frames; i++) {
      frame(from, to);
    }
  }

  private void frame(List<SampleFifo> from, List<SampleFifo> to) {
    for (int channel = 0; channel < VolumeControls.MOST_CHANNELS; channel++) {
      long sum = 0;
      for (SampleFifo source : from) {
        sum += channel < source.channels() ? source.take() : 0;
      }
      int sample = (int) Math.max(Integer.MIN_VALUE, Math.min(Integer.MAX_VALUE, sum));
      if (component.controls() instanceof VolumeControls volume) {
        sample = volume.apply(sample, channel);
      }
      for (SampleFifo sink : to) {
        if (channel < sink.channels()) {
          sink.put(sample);
        }
      }
    }
  }

  private void dai(DaiEnd dai, List<SampleFifo> from, List<SampleFifo> to, long now) {
    if (dai.playback() && !from.isEmpty()) {
      play(dai, from.get(0));
    } else if (!dai.playback() && !to.isEmpty()) {
      record(dai, to.get(0), now);
    }
  }

  // An interface beside the link has nothing connected: what it plays is gone.
  private void play(DaiEnd dai, SampleFifo source) {
    ByteRing ring = link == null ? null : link.ring();
    int frameBytes = source.channels() * dai.format().bytes();
    int frames = source.available();
    if (ring != null) {
      frames = Math.min(frames, ring.room() / frameBytes);
    }
    ByteBuffer out = ByteBuffer.allocate(frames * frameBytes).order(ByteOrder.LITTLE_ENDIAN);
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
    ByteBuffer in = ByteBuffer.allocate(frames * frameBytes).order(ByteOrder.LITTLE_ENDIAN);
    if (ring != null) {
      ring.take(in);
      in.flip();
    }
    for (int i = 0; i < frames * sink.channels(); i++) {
      sink.put(dai.format().read(in));
    }
    bytes += in.capacity();
  }
}
