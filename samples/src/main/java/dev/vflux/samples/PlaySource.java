package dev.vflux.samples;

import dev.vflux.audio.PcmFormat;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.OptionalLong;
import reactor.core.publisher.Flux;

/** Something to play. */
interface PlaySource {

  /** What the bytes mean. */
  PcmFormat format();

  /** How long it is; empty when it has no end. */
  OptionalLong frames();

  /** Cold: from its beginning, a piece for each request; read or calculated off the loop. */
  Flux<ByteBuffer> samples();

  /** What is to be said when it was played. */
  Optional<String> note();
}
