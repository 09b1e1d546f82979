package dev.vflux.samples;

/** How samples get from memory to a codec, and back. */
enum AudioPath {
  /** Over the link, past the DSP. */
  CODEC,
  /** Through the DSP's firmware. */
  DSP
}
