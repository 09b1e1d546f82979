package dev.vflux.adsp.emulated;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One component, with what is connected to it and its state. Used under the board's lock. */
final class DspComponent extends DspObject {

  /** Where it is between creation and running. */
  enum State {
    READY,
    PREPARED,
    ACTIVE,
    PAUSED
  }

  private final int pipelineId;
  private final ComponentType type;
  private final List<DspBuffer> sources = new ArrayList<>();
  private final List<DspBuffer> sinks = new ArrayList<>();
  private final ComponentControls controls;
  private final @Nullable DaiEnd dai;
  private final int sinkRate;
  private @Nullable DspPipeline pipeline;
  private @Nullable HostEnd host;
  private State state = State.READY;

  DspComponent(
      int id,
      int core,
      int pipelineId,
      ComponentType type,
      ComponentControls controls,
      @Nullable DaiEnd dai,
      int sinkRate) {
    super(id, core);
    this.pipelineId = pipelineId;
    this.type = type;
    this.controls = controls;
    this.dai = dai;
    this.sinkRate = sinkRate;
  }

  /** The pipeline it names. */
  int pipelineId() {
    return pipelineId;
  }

  ComponentType type() {
    return type;
  }

  List<DspBuffer> sources() {
    return sources;
  }

  List<DspBuffer> sinks() {
    return sinks;
  }

  ComponentControls controls() {
    return controls;
  }

  /** Its digital audio interface, when it is one. */
  Optional<DaiEnd> dai() {
    return Optional.ofNullable(dai);
  }

  /** The frames per second it makes; 0 when it makes what it gets. */
  int sinkRate() {
    return sinkRate;
  }

  /** The host's stream, from its parameters to its end. */
  Optional<HostEnd> host() {
    return Optional.ofNullable(host);
  }

  void serves(@Nullable HostEnd stream) {
    host = stream;
  }

  /** The pipeline it was completed in. */
  Optional<DspPipeline> pipeline() {
    return Optional.ofNullable(pipeline);
  }

  void belongsTo(@Nullable DspPipeline newPipeline) {
    pipeline = newPipeline;
  }

  State state() {
    return state;
  }

  void enter(State newState) {
    state = newState;
  }

  boolean idle() {
    return state == State.READY;
  }

  boolean active() {
    return state == State.ACTIVE;
  }
}
