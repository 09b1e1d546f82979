package dev.vflux.audio;

import dev.vflux.hda.CodecPath;
import dev.vflux.hda.HdaController;
import dev.vflux.hda.HdaStream;
import dev.vflux.hda.SetUp;
import dev.vflux.hda.StreamFormat;
import java.util.List;
import java.util.Optional;
import reactor.core.publisher.Mono;

/** A way to a link on which nobody listens. */
final class LinkOnly implements PcmPath.Leg {

  private final StreamFormat format;
  private final Mono<Void> before;

  LinkOnly(PcmFormat format) {
    this(format, Mono.empty());
  }

  private LinkOnly(PcmFormat format, Mono<Void> before) {
    this.before = before;
    this.format = new StreamFormat(format.rate(), format.sample().bits(), format.channels());
  }

  /** A controller that is up, and streams on it. */
  static PcmHost host(PcmBench bench) {
    return host(bench, Mono.empty());
  }

  /** The same; what has to be done before a stream runs may take its time. */
  static PcmHost host(PcmBench bench, Mono<Void> before) {
    HdaController hda = HdaController.of(bench.device);
    bench.device.onClose("shut down", hda.shutDown().then(hda.freeMemory()));
    Mono<Void> up =
        hda.powerUp()
            .then(hda.reset())
            .then(
                Mono.fromRunnable(
                    () -> {
                      hda.interrupts().subscribe();
                      hda.initChip();
                    }));
    bench.done(up.subscribeOn(bench.loop.scheduler()));
    return new PcmHost(
        "link",
        bench.device,
        hda,
        (direction, settings) -> new LinkOnly(settings.format(), before));
  }

  @Override
  public Optional<CodecPath> path() {
    return Optional.empty();
  }

  @Override
  public StreamFormat streamFormat() {
    return format;
  }

  @Override
  public List<SetUp.Step> steps(HdaStream stream) {
    return List.of();
  }

  @Override
  public Mono<Void> start(HdaStream stream, Mono<Void> run) {
    return before.then(run);
  }

  @Override
  public String toString() {
    return "link without listeners";
  }
}
