package dev.vflux.audio;

import java.util.function.Supplier;
import reactor.core.publisher.Flux;

/** The Reactive Streams TCK over a recording's periods. */
public class CaptureTckTest extends PcmTck<PcmPeriod> {

  /** For TestNG. */
  public CaptureTckTest() {}

  @Override
  Supplier<Flux<PcmPeriod>> stream(CodecAudio audio) {
    Capture capture = audio.capture(SETTINGS);
    return () -> capture.periods().map(PcmPeriod::snapshot);
  }
}
