package dev.vflux.audio;

import java.util.function.Supplier;
import reactor.core.publisher.Flux;

/** The Reactive Streams TCK over a playback's periods. */
public class PeriodsTckTest extends PcmTck<Period> {

  /** For TestNG. */
  public PeriodsTckTest() {}

  @Override
  Supplier<Flux<Period>> stream(CodecAudio audio) {
    Playback playback = audio.playback(SETTINGS);
    return playback::periods;
  }
}
