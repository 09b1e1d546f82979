package dev.vflux.adsp.emulated;

/**
 * What a buffer of the DSP holds: frames of 32-bit samples, their value at the top. Used under the
 * board's lock.
 */
final class SampleFifo {

  private final int channels;
  private final int[] samples;
  private int first;
  private int filled;

  /** For so many frames, at least one. */
  SampleFifo(int channels, int frames) {
    this.channels = channels;
    this.samples = new int[channels * Math.max(1, frames)];
  }

  int channels() {
    return channels;
  }

  /** Frames that can be taken. */
  int available() {
    return filled / channels;
  }

  /** Frames that can be put. */
  int room() {
    return (samples.length - filled) / channels;
  }

  void put(int sample) {
    int at = first + filled;
    samples[at < samples.length ? at : at - samples.length] = sample;
    filled++;
  }

  int take() {
    int sample = samples[first];
    first = first + 1 == samples.length ? 0 : first + 1;
    filled--;
    return sample;
  }
}
