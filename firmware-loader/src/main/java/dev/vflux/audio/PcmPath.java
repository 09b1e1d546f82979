package dev.vflux.audio;

import dev.vflux.hda.CodecPath;
import dev.vflux.hda.DmaScope;
import dev.vflux.hda.HdaController;
import dev.vflux.hda.HdaStream;
import dev.vflux.hda.SetUp;
import dev.vflux.hda.StreamDirection;
import dev.vflux.hda.StreamFormat;
import dev.vflux.hda.StreamRoute;
import dev.vflux.reactive.DriverLoop;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import reactor.core.publisher.Mono;

/** What leads from a controller's streams to the world. Driver loop only. */
interface PcmPath {

  /**
   * The way of one stream; as far as it does not say otherwise, straight to the link or from it.
   */
  interface Leg {

    /** The path through a codec it has to itself; empty when there is none. */
    Optional<CodecPath> path();

    /** Whether the stream feeds the link or the DSP. */
    default StreamRoute route() {
      return StreamRoute.LINK;
    }

    /** What SDxFMT has to say. */
    StreamFormat streamFormat();

    /** What remains to be done when the stream is programmed, with what takes it back. */
    List<SetUp.Step> steps(HdaStream stream);

    /**
     * Runs the stream and all that belongs to it, in order.
     *
     * @param run what runs the stream itself
     */
    default Mono<Void> start(HdaStream stream, Mono<Void> run) {
      return run;
    }

    /** Stops all of it; every step is taken, whichever fail. */
    default Mono<Void> stop(HdaStream stream) {
      return stream.stop();
    }

    /** Holds the stream where it is. */
    default Mono<Void> pause(HdaStream stream) {
      return stream.pause();
    }

    /** Goes on after {@link #pause}. */
    default Mono<Void> resume(HdaStream stream) {
      return stream.resume();
    }

    /** Bytes of the format that have passed the link, given those the host DMA has moved. */
    default long linkBytes(HdaStream stream, long dmaBytes) {
      return dmaBytes;
    }

    /** What may lie between host memory and link, in time, when the host DMA is done. */
    default Duration tail() {
      return Duration.ZERO;
    }
  }

  /** For errors. */
  String name();

  DriverLoop loop();

  HdaController hda();

  /** A stream had too little or too much; for who watches the device. */
  void xrun(StreamDirection direction);

  /** Memory of one stream. */
  DmaScope newScope();

  /**
   * A way for one stream.
   *
   * @throws AudioException when there is none for this format
   */
  Leg leg(StreamDirection direction, StreamSettings settings);

  /** Completes when no stream that has ended is still being taken down. */
  Mono<Void> settled();

  /** Remembers a stream from now until it is taken down. */
  void opened(PcmStream stream);

  /** It is taken down. */
  void closed(PcmStream stream);

  /** A step of a stream's set-up begins. */
  void step(SetUp.Step step);

  /** Memory of a stream that would not stop: to be freed when the controller is in reset. */
  void orphaned(DmaScope memory);
}
