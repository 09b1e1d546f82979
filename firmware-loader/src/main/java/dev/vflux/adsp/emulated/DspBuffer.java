package dev.vflux.adsp.emulated;

import org.jspecify.annotations.Nullable;

/** What lies between two components. Used under the board's lock. */
final class DspBuffer extends DspObject {

  private final int pipelineId;
  private final int bytes;
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

  void filledBy(@Nullable DspComponent component) {
    source = component;
  }

  void emptiedBy(@Nullable DspComponent component) {
    sink = component;
  }
}
