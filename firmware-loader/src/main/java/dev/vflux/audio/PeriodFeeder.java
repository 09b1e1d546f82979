package dev.vflux.audio;

import dev.vflux.reactive.DriverLoop;
import java.nio.ByteBuffer;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import reactor.core.CoreSubscriber;

/** Lets a subscriber fill the ring in place, a period for each it has requested. */
final class PeriodFeeder implements PlaybackFeeder, Period, LoopSubscription.Source {

  private final PlaybackRun run;
  private final LoopSubscription<Period> subscription;
  private @Nullable ByteBuffer buffer;
  private boolean begun;
  private boolean last;
  private boolean feeding;

  PeriodFeeder(DriverLoop loop, CoreSubscriber<? super Period> actual, PlaybackRun run) {
    this.run = run;
    this.subscription = new LoopSubscription<>(loop, actual, this);
  }

  /** Gives the subscriber its subscription; nothing is emitted before the ring is there. */
  void subscribe() {
    subscription.begin();
  }

  @Override
  public void begin() {
    begun = true;
    feed();
  }

  @Override
  public void feed() {
    if (feeding || !begun) {
      return;
    }
    feeding = true;
    while (!last && !run.full() && subscription.wants()) {
      ByteBuffer next = run.next();
      buffer = next;
      subscription.emit(this);
      buffer = null;
      run.filled(next.position());
    }
    feeding = false;
    if (last) {
      begun = false;
      run.finish();
    }
  }

  @Override
  public void wanted() {
    feed();
  }

  @Override
  public void unwanted() {
    run.cancel();
  }

  @Override
  public void end() {
    begun = false;
  }

  void complete() {
    subscription.complete();
  }

  void fail(Throwable error) {
    subscription.fail(error);
  }

  @Override
  public ByteBuffer buffer() {
    return Objects.requireNonNull(buffer, "a period is valid until onNext returns");
  }

  @Override
  public long number() {
    return run.written();
  }

  @Override
  public void last() {
    last = true;
  }
}
