package dev.vflux.samples.programs;

import dev.vflux.adsp.BootEvent;
import dev.vflux.adsp.FirmwareLoader;
import dev.vflux.firmware.FirmwareFamily;
import dev.vflux.firmware.FirmwareImage;
import dev.vflux.firmware.FirmwareImageBuilder;
import dev.vflux.reactive.DriverLoop;
import dev.vflux.reactive.ReactiveDevice;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** One idea: a boot as one stream among others. The application goes on serving meanwhile. */
public final class BootInApp {

  private BootInApp() {}

  /** What users of the application are told. Cold; the DSP is off and closed when it ends. */
  static Flux<String> status(String uri, FirmwareImage image, DriverLoop loop) {
    return Flux.usingWhen(
        ReactiveDevice.open(uri, loop),
        device -> FirmwareLoader.builder(device).build().boot(image).concatMap(BootInApp::words),
        ReactiveDevice::close);
  }

  private static Mono<String> words(BootEvent event) {
    if (event instanceof BootEvent.StageFinished finished) {
      return Mono.just("audio: " + finished.stage() + " done");
    } else if (event instanceof BootEvent.Completed completed) {
      return Mono.just("audio: ready, firmware " + completed.firmware().version());
    }
    return Mono.empty();
  }

  /**
   * Boots an image beside other work.
   *
   * @param args a firmware file for Comet Lake; default: a synthetic image
   */
  public static void main(String[] args) {
    FirmwareImage image =
        args.length > 0
            ? FirmwareImage.read(Path.of(args[0]))
            : FirmwareImage.parse(
                ByteBuffer.wrap(FirmwareImageBuilder.of(FirmwareFamily.CAVS_1_8).build()));
    DriverLoop loop = DriverLoop.create();
    Flux<String> requests = Flux.interval(Duration.ofMillis(10)).map(n -> "request " + n);
    status("emulated:cml", image, loop)
        .onErrorResume(error -> Mono.just("audio: off, " + error.getMessage()))
        .publish(audio -> audio.mergeWith(requests.takeUntilOther(audio.ignoreElements())))
        .doOnNext(System.out::println)
        .blockLast();
    loop.close().block();
  }
}
