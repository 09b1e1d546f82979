package dev.vflux.audio;

import dev.vflux.audio.AudioException.Reason;
import dev.vflux.hda.CleanUp;
import dev.vflux.hda.StreamDirection;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/**
 * One playback on its way: the ring is filled, the stream started when the ring is full or all is
 * there, refilled at each period, drained and taken down. Driver loop only.
 */
final class PlaybackRun implements PcmStream.Client {

  private static final Logger LOG = LoggerFactory.getLogger(PlaybackRun.class);

  private enum State {
    NEW,
    BUILDING,
    FILLING,
    STARTING,
    RUNNING,
    PAUSED,
    ENDING
  }

  /** Who learns how it ended. */
  interface Listener {
    void ended(PlaybackReport report);

    void failed(Throwable error);
  }

  private final PcmPath path;
  private final StreamSettings settings;
  private final PcmStream stream;
  private final Listener listener;
  private final List<Underrun> underruns = new ArrayList<>();
  private @Nullable PlaybackFeeder feeder;
  private @Nullable RingWriter writer;
  private State state = State.NEW;
  private boolean finished;
  private long lastPeriod;
  private long underrunCount;

  /** Touches no register. */
  PlaybackRun(PcmPath path, StreamSettings settings, Listener listener) {
    this.path = path;
    this.settings = settings;
    this.listener = listener;
    this.stream = new PcmStream(path, StreamDirection.PLAYBACK, settings, this);
  }

  void begin(PlaybackFeeder source) {
    feeder = source;
    state = State.BUILDING;
    stream.build().subscribe(unusedNothing -> {}, this::fail, this::built);
  }

  private void built() {
    if (state != State.BUILDING) {
      return;
    }
    writer = new RingWriter(stream.ring());
    state = State.FILLING;
    feeder().begin();
  }

  private PlaybackFeeder feeder() {
    return Objects.requireNonNull(feeder);
  }

  private RingWriter writer() {
    return Objects.requireNonNull(writer);
  }

  boolean full() {
    return writer().full();
  }

  long written() {
    return writer().written();
  }

  void write(ByteBuffer bytes) {
    writer().write(bytes);
    startWhenFull();
  }

  ByteBuffer next() {
    return writer().next();
  }

  void filled(int bytes) {
    if (state == State.ENDING) {
      return;
    }
    writer().filled(bytes);
    startWhenFull();
  }

  private void startWhenFull() {
    if (state == State.FILLING && writer().full()) {
      start();
    }
  }

  private void start() {
    state = State.STARTING;
    writer().silenceAhead();
    writer().running();
    stream.start().subscribe(unusedNothing -> {}, this::fail, this::started);
  }

  private void started() {
    if (state == State.STARTING) {
      state = State.RUNNING;
    }
  }

  /** The source has no more. */
  void finish() {
    if (finished || state == State.ENDING) {
      return;
    }
    if (writer().acceptedBytes() % settings.format().frameBytes() != 0) {
      fail(
          new AudioException(
              Reason.BAD_SOURCE,
              "take samples",
              toString(),
              writer().acceptedBytes() + " bytes are no whole frames",
              "send buffers of whole frames of " + settings.format().frameBytes() + " bytes"));
      return;
    }
    finished = true;
    writer().finish();
    lastPeriod = writer().written();
    if (state == State.FILLING && lastPeriod == 0) {
      end(StreamEnd.COMPLETE);
    } else if (state == State.FILLING) {
      start();
    }
  }

  @Override
  public void elapsed(long periods) {
    if (state == State.ENDING) {
      return;
    }
    if (finished) {
      writer().drained(periods);
      if (periods >= lastPeriod + stream.tailPeriods()) {
        end(StreamEnd.COMPLETE);
      }
      return;
    }
    long position = writer().writtenBytes() / settings.format().frameBytes();
    if (writer().played(periods)) {
      underrun(position);
    }
    if (state != State.ENDING) {
      feeder().feed();
    }
    if (state != State.ENDING && !finished) {
      writer().silenceAhead();
    }
  }

  private void underrun(long position) {
    underrunCount++;
    path.xrun(StreamDirection.PLAYBACK);
    Underrun underrun = new Underrun(underrunCount, position);
    if (underruns.size() < PlaybackReport.KEPT) {
      underruns.add(underrun);
    }
    switch (settings.onXrun()) {
      case CONTINUE -> {
        // silence is there already
      }
      case STOP -> end(StreamEnd.XRUN);
      case ERROR ->
          fail(
              new AudioException(
                  Reason.UNDERRUN,
                  "play",
                  toString(),
                  "nothing was there for frame " + position,
                  "a longer latency or a quicker publisher; XrunPolicy.CONTINUE goes on"));
    }
  }

  @Override
  public void failed(Throwable error) {
    fail(error);
  }

  void fail(Throwable error) {
    if (state == State.ENDING) {
      return;
    }
    state = State.ENDING;
    feeder().end();
    CleanUp.thenFail(error, stream.tearDown()).subscribe(unusedNothing -> {}, listener::failed);
  }

  void end(StreamEnd end) {
    if (state == State.ENDING) {
      return;
    }
    state = State.ENDING;
    feeder().end();
    stream
        .tearDown()
        .subscribe(unusedNothing -> {}, listener::failed, () -> listener.ended(report(end)));
  }

  /** Nobody wants to know any more. */
  void cancel() {
    if (state == State.ENDING) {
      return;
    }
    state = State.ENDING;
    if (feeder != null) {
      feeder.end();
    }
    stream
        .tearDown()
        .subscribe(
            unusedNothing -> {}, problem -> LOG.warn("{} was not left quiet", this, problem));
  }

  Mono<Void> pause() {
    return Mono.defer(
        () -> {
          if (state != State.RUNNING) {
            return Mono.error(notNow("pause"));
          }
          state = State.PAUSED;
          return stream.pause().doOnError(this::fail);
        });
  }

  Mono<Void> resume() {
    return Mono.defer(
        () -> {
          if (state != State.PAUSED) {
            return Mono.error(notNow("resume"));
          }
          state = State.RUNNING;
          return stream.resume().doOnError(this::fail);
        });
  }

  private IllegalStateException notNow(String what) {
    return new IllegalStateException("cannot " + what + ": " + this + " is " + state);
  }

  PcmPosition position() {
    return stream.position(writer == null ? 0 : writer.writtenBytes());
  }

  PlaybackReport report(StreamEnd end) {
    int frame = settings.format().frameBytes();
    return new PlaybackReport(
        settings,
        end,
        writer == null ? 0 : writer.acceptedBytes() / frame,
        stream.periods(),
        stream.interrupts(),
        stream.lostInterrupts(),
        stream.fifoErrors(),
        underrunCount,
        underruns,
        writer == null ? 0 : writer.silentBytes() / frame);
  }

  @Override
  public String toString() {
    return stream.toString();
  }
}
