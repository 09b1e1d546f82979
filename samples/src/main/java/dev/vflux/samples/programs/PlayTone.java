package dev.vflux.samples.programs;

import dev.vflux.audio.CodecAudio;
import dev.vflux.audio.PcmDevice;
import dev.vflux.audio.PcmFormat;
import dev.vflux.audio.PlaybackReport;
import dev.vflux.reactive.DriverLoop;
import dev.vflux.reactive.ReactiveDevice;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** One idea: what a Flux sends is heard. The DMA's position is the demand. */
public final class PlayTone {

  private static final PcmFormat FORMAT = PcmFormat.DEFAULT;
  private static final int FRAMES = 480;
  private static final int AMPLITUDE = 8000;

  private PlayTone() {}

  /** A sine, 10 ms at a time, each calculated when there is room for it. Cold. */
  static Flux<ByteBuffer> sine(double hertz) {
    return Flux.generate(
        () -> 0L,
        (frame, sink) -> {
          sink.next(tenMillis(2 * Math.PI * hertz / FORMAT.rate(), frame));
          return frame + FRAMES;
        });
  }

  private static ByteBuffer tenMillis(double step, long first) {
    ByteBuffer bytes = ByteBuffer.allocate(FRAMES * FORMAT.frameBytes());
    bytes.order(ByteOrder.LITTLE_ENDIAN);
    for (long frame = first; frame < first + FRAMES; frame++) {
      short sample = (short) (AMPLITUDE * Math.sin(step * frame));
      bytes.putShort(sample).putShort(sample);
    }
    return bytes.flip();
  }

  /** Opens the device when subscribed, plays, closes it at the end. */
  static Mono<PlaybackReport> play(String uri, Flux<ByteBuffer> samples, DriverLoop loop) {
    return Mono.usingWhen(
        ReactiveDevice.open(uri, loop),
        device ->
            Mono.usingWhen(
                CodecAudio.open(device), audio -> audio.play(samples, FORMAT), PcmDevice::close),
        ReactiveDevice::close);
  }

  /**
   * Plays a tone for two seconds.
   *
   * @param args a device; default: emulated:cml
   */
  public static void main(String[] args) {
    DriverLoop loop = DriverLoop.create();
    play(args.length > 0 ? args[0] : "emulated:cml", sine(440).take(200), loop)
        .doOnNext(System.out::println)
        .block();
    loop.close().block();
  }
}
