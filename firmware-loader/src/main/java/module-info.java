/** In which order, and what it means: firmware images and the audio DSP driver. */
module dev.vflux.firmware {
  requires transitive dev.vflux.reactive;
  requires org.slf4j;
  requires static transitive org.jspecify;

  exports dev.vflux.firmware;
}
