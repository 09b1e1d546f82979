package dev.vflux.hda;

/** Which way a stream's DMA moves data. */
public enum StreamDirection {
  /** Device to memory: the input streams, indexes from 0. */
  CAPTURE,
  /** Memory to device: the output streams, indexes after the input streams. */
  PLAYBACK
}
