package dev.vflux.samples.programs;

import dev.vflux.audio.CodecAudio;
import dev.vflux.audio.PcmDevice;
import dev.vflux.audio.PcmFormat;
import dev.vflux.audio.PcmPeriod;
import dev.vflux.reactive.DriverLoop;
import dev.vflux.reactive.ReactiveDevice;
import java.nio.ShortBuffer;
import reactor.core.publisher.Flux;

/** One idea: a microphone is a Flux of periods; here each becomes the height of a bar. */
public final class MeterMicrophone {

  private static final int WIDTH = 60;
  private static final int PERIODS_A_LINE = 10;

  private MeterMicrophone() {}

  /** The highest sample of each period, 0 to 1, on the driver loop. Records when subscribed. */
  static Flux<Double> levels(String uri, DriverLoop loop) {
    return Flux.usingWhen(
        ReactiveDevice.open(uri, loop),
        device -> Flux.usingWhen(CodecAudio.open(device), MeterMicrophone::peaks, PcmDevice::close),
        ReactiveDevice::close);
  }

  private static Flux<Double> peaks(PcmDevice audio) {
    return audio.record(PcmFormat.DEFAULT).map(MeterMicrophone::peak);
  }

  // a period is valid until onNext returns: take what you need, or keep its snapshot()
  private static double peak(PcmPeriod period) {
    ShortBuffer samples = period.buffer().asShortBuffer();
    int peak = 0;
    while (samples.hasRemaining()) {
      peak = Math.max(peak, Math.abs(samples.get()));
    }
    return peak / -(double) Short.MIN_VALUE;
  }

  /**
   * Draws a bar ten times a second, for five seconds.
   *
   * @param args a device; default: emulated:cml, whose microphone hears nothing
   */
  public static void main(String[] args) {
    DriverLoop loop = DriverLoop.create();
    levels(args.length > 0 ? args[0] : "emulated:cml", loop)
        .buffer(PERIODS_A_LINE)
        .map(peaks -> peaks.stream().mapToDouble(Double::doubleValue).max().orElse(0))
        .take(50)
        .doOnNext(level -> System.out.println("#".repeat((int) (WIDTH * level)) + "|"))
        .blockLast();
    loop.close().block();
  }
}
