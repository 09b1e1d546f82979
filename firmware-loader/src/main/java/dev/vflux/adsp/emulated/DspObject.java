package dev.vflux.adsp.emulated;

/** Something of the topology that has an id. Used under the board's lock. */
abstract sealed class DspObject permits DspComponent, DspBuffer, DspPipeline {

  private final int id;
  private final int core;

  DspObject(int id, int core) {
    this.id = id;
    this.core = core;
  }

  final int id() {
    return id;
  }

  /** Which core it belongs to. */
  final int core() {
    return core;
  }
}
