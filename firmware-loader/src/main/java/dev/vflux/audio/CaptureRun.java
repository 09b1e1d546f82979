package dev.vflux.audio;

import dev.vflux.audio.AudioException.Reason;
import dev.vflux.hda.CleanUp;
import dev.vflux.hda.StreamDirection;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.CoreSubscriber;

/**
 * One recording on its way: started at the first request, emptied at each period as far as there is
 * demand. Driver loop only.
 */
final class CaptureRun implements PcmStream.Client, LoopSubscription.Source, PcmPeriod {

  private static final Logger LOG = LoggerFactory.getLogger(CaptureRun.class);

  private enum State {
    NEW,
    STARTING,
    RUNNING,
    ENDING
  }

  private final PcmPath path;
  private final StreamSettings settings;
  private final PcmStream stream;
  private final LoopSubscription<PcmPeriod> subscription;
  private final Consumer<CaptureReport> reports;
  private final RingReader reader;
  private final ByteBuffer copy;
  private final ByteBuffer view;
  private State state = State.NEW;
  private boolean draining;
  private long lostBefore;
  private long lostTold;

  /** Touches no register. */
  CaptureRun(
      PcmPath path,
      StreamSettings settings,
      CoreSubscriber<? super PcmPeriod> actual,
      Consumer<CaptureReport> reports) {
    this.path = path;
    this.settings = settings;
    this.reports = reports;
    this.stream = new PcmStream(path, StreamDirection.CAPTURE, settings, this);
    this.subscription = new LoopSubscription<>(path.loop(), actual, this);
    this.reader = new RingReader(settings.periods());
    this.copy = ByteBuffer.allocateDirect(settings.periodBytes());
    this.view = copy.asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
  }

  void subscribe() {
    subscription.begin();
  }

  @Override
  public void wanted() {
    if (state == State.NEW) {
      state = State.STARTING;
      stream.build().subscribe(unusedNothing -> {}, this::failed, this::built);
    } else {
      drain();
    }
  }

  private void built() {
    if (state == State.STARTING) {
      stream
          .start()
          .doOnSubscribe(unusedBegins -> state = State.RUNNING)
          .subscribe(unusedNothing -> {}, this::failed);
    }
  }

  @Override
  public void elapsed(long periods) {
    if (state != State.RUNNING) {
      return;
    }
    if (reader.recorded(periods)) {
      overrun();
    }
    drain();
  }

  private void overrun() {
    path.xrun(StreamDirection.CAPTURE);
    switch (settings.onXrun()) {
      case CONTINUE -> {
        // the next period tells
      }
      case STOP -> end(StreamEnd.XRUN);
      case ERROR ->
          failed(
              new AudioException(
                  Reason.OVERRUN,
                  "record",
                  stream.toString(),
                  reader.lost() + " periods were overwritten before they were requested",
                  "more periods or a quicker subscriber; XrunPolicy.CONTINUE goes on"));
    }
  }

  private void drain() {
    if (draining) {
      return;
    }
    draining = true;
    while (state == State.RUNNING && reader.available() && subscription.wants()) {
      long number = reader.next();
      copy.clear();
      stream.ring().read(number, copy);
      // meanwhile the DMA may have come round: then the copy is of two recordings
      stream.look();
      if (state == State.RUNNING && reader.next() == number) {
        emit();
      }
    }
    draining = false;
  }

  private void emit() {
    lostBefore = reader.lost() - lostTold;
    lostTold = reader.lost();
    view.clear();
    subscription.emit(this);
    reader.take();
  }

  @Override
  public void failed(Throwable error) {
    if (state == State.ENDING) {
      return;
    }
    state = State.ENDING;
    CleanUp.thenFail(error, stream.tearDown()).subscribe(unusedNothing -> {}, subscription::fail);
  }

  void end(StreamEnd end) {
    if (state == State.ENDING) {
      return;
    }
    state = State.ENDING;
    stream
        .tearDown()
        .subscribe(
            unusedNothing -> {},
            subscription::fail,
            () -> {
              reports.accept(report(end));
              subscription.complete();
            });
  }

  @Override
  public void unwanted() {
    if (state == State.ENDING) {
      return;
    }
    state = State.ENDING;
    stream
        .tearDown()
        .subscribe(
            unusedNothing -> {},
            problem -> LOG.warn("{} was not left quiet", stream, problem),
            () -> reports.accept(report(StreamEnd.STOPPED)));
  }

  PcmPosition position() {
    return stream.position(reader.taken() * settings.periodBytes());
  }

  CaptureReport report(StreamEnd end) {
    long frames = settings.periodFrames();
    return new CaptureReport(
        settings,
        end,
        (reader.taken() - reader.lost()) * frames,
        stream.periods(),
        stream.interrupts(),
        stream.lostInterrupts(),
        stream.fifoErrors(),
        reader.overruns(),
        reader.lost() * frames);
  }

  @Override
  public ByteBuffer buffer() {
    return view;
  }

  @Override
  public long number() {
    return reader.next();
  }

  @Override
  public long lostBefore() {
    return lostBefore;
  }

  @Override
  public PcmPeriod snapshot() {
    ByteBuffer kept = ByteBuffer.allocate(settings.periodBytes());
    kept.put(0, copy, 0, settings.periodBytes());
    return new PeriodSnapshot(
        kept.asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN), number(), lostBefore);
  }
}
