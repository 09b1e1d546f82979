package dev.vflux.audio;

import java.nio.ByteBuffer;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * What plays and records. Several streams may be under way at once, as far as the device has
 * streams and ways to the outside. Any thread; results are emitted on the driver loop.
 */
public interface PcmDevice {

  /**
   * A stream to the outside, not yet begun.
   *
   * @param settings what it shall be
   * @return the playback, to be played once
   */
  Playback playback(StreamSettings settings);

  /**
   * A stream from the outside, not yet begun.
   *
   * @param settings what it shall be
   * @return the capture, to be recorded once
   */
  Capture capture(StreamSettings settings);

  /**
   * Plays what a publisher sends, with default settings, as {@link Playback#play} does.
   *
   * @param pcm the samples
   * @param format what they mean
   * @return cold, each subscription plays; how it went
   */
  default Mono<PlaybackReport> play(Publisher<? extends ByteBuffer> pcm, PcmFormat format) {
    return Mono.defer(() -> playback(StreamSettings.of(format)).play(pcm));
  }

  /**
   * Records with default settings, as {@link Capture#periods} does.
   *
   * @param format what the samples shall mean
   * @return cold, each subscription records
   */
  default Flux<PcmPeriod> record(PcmFormat format) {
    return Flux.defer(() -> capture(StreamSettings.of(format)).periods());
  }

  /**
   * Ends all streams, which fail with {@link AudioException.Reason#CLOSED}, and leaves the device
   * quiet. Done as well when the device is closed.
   *
   * @return cold, runs once; completes when it is quiet
   */
  Mono<Void> close();
}
