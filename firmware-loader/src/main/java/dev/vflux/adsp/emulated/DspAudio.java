package dev.vflux.adsp.emulated;

import java.nio.ByteBuffer;
import java.util.List;

/** Placeholder of this delivery: positions only. */
final class DspAudio {

  private static final int STREAM_BOX = 0x1000;

  private final DspSpace dsp;

  DspAudio(DspSpace dsp) {
    this.dsp = dsp;
  }

  void stop() {}

  void prepared(DspComponent host, DspPipeline pipeline, List<DspComponent> path) {
    ByteBuffer box = dsp.window(2);
    for (int i = 0; i < DspTopology.POSITION_BYTES; i += Integer.BYTES) {
      box.putInt(STREAM_BOX + pipeline.position() + i, 0);
    }
  }

  void changed(DspComponent host) {}

  void writePosition(DspComponent host, DspPipeline pipeline) {}

  void requireLinkChannel(boolean playback, int channel) throws RequestRefusedException {
    int channels = playback ? GlobalRegisters.OUTPUT_STREAMS : GlobalRegisters.INPUT_STREAMS;
    if (channel < 0 || channel >= channels) {
      throw RequestRefusedException.io("there is no link DMA channel " + channel);
    }
  }
}
