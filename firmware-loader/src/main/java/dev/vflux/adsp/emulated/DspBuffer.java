package dev.vflux.adsp.emulated;

import org.jspecify.annotations.Nullable;

/** What lies between two components. Used under the board's lock. */
final class DspBuffer extends DspObject {

  private final int pipelineId;
  private final int bytes;
  private @Nullable SampleFifo fifo;
  private @Nullable DspComponent source;
  private @Nullable DspComponent sink;

  DspBuffer(int id, int core, int pipelineId, int bytes) {
    super(id, core);
    this.pipelineId = pipelineId;
    this.bytes = bytes;
  }

  int pipelineId() {
    return pipelineId;
  }

  int bytes() {
    return bytes;
  }

  @Nullable DspComponent source() {
    return source;
  }

  @Nullable DspComponent sink() {
    return sink;
  }

  /** Begins anew, empty, with frames of a stream. */
  void open(HostEnd stream) {
    int frameBytes = stream.channels() * stream.format().bytes();
    fifo = new SampleFifo(stream.channels(), bytes / frameBytes);
  }

  /** What is in it, once a stream goes through it. */
  @Nullable SampleFifo fifo() {
    return fifo;
  }

  /** Whether both its ends are active. */
  boolean busy() {
    return source != null && source.active() && sink != null && sink.active();
  }

  void filledBy(@Nullable DspComponent component) {
    source = component;
  }

  void emptiedBy(@Nullable DspComponent component) {
    sink = component;
  }
}
