package dev.vflux.audio;

import java.nio.ByteBuffer;
import java.util.Random;
import reactor.core.publisher.Flux;

/** Bytes of which no place is like another, the same for the same seed. */
final class Noise {

  private static final int CHUNK = 1000;

  private Noise() {}

  static byte[] bytes(long seed, int count) {
    byte[] bytes = new byte[count];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  /** In buffers of an odd size, which are used again for the next. */
  static Flux<ByteBuffer> flux(byte[] bytes) {
    ByteBuffer chunk = ByteBuffer.allocate(CHUNK);
    return Flux.generate(
        () -> 0,
        (at, sink) -> {
          int count = Math.min(CHUNK, bytes.length - at);
          if (count == 0) {
            sink.complete();
          } else {
            sink.next(chunk.clear().put(bytes, at, count).flip());
          }
          return at + count;
        });
  }
}
