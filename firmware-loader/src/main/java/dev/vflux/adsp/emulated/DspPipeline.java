package dev.vflux.adsp.emulated;

import org.jspecify.annotations.Nullable;

/** Components that are scheduled together. Used under the board's lock. */
final class DspPipeline extends DspObject {

  private final int pipelineId;
  private final int scheduledBy;
  private final int periodMicros;
  private final int position;
  private @Nullable DspComponent source;
  private @Nullable DspComponent scheduler;

  /** Position is where its record lies in the stream box. */
  DspPipeline(int id, int core, int pipelineId, int scheduledBy, int periodMicros, int position) {
    super(id, core);
    this.pipelineId = pipelineId;
    this.scheduledBy = scheduledBy;
    this.periodMicros = periodMicros;
    this.position = position;
  }

  int pipelineId() {
    return pipelineId;
  }

  /** The id of the component whose clock it follows. */
  int scheduledBy() {
    return scheduledBy;
  }

  int periodMicros() {
    return periodMicros;
  }

  /** Offset of its position record in the stream box. */
  int position() {
    return position;
  }

  boolean complete() {
    return source != null;
  }

  void completed(DspComponent newSource, DspComponent newScheduler) {
    source = newSource;
    scheduler = newScheduler;
  }

  /** Whether both follow the same component's clock. */
  boolean scheduledWith(DspPipeline other) {
    return scheduler != null && scheduler == other.scheduler;
  }
}
