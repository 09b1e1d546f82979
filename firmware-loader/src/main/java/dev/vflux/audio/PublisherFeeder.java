package dev.vflux.audio;

import dev.vflux.audio.AudioException.Reason;
import dev.vflux.reactive.DriverLoop;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * Takes buffers from a publisher, one at a time: the next is asked for when the last was copied
 * into the ring. The publisher may use any thread; the rest is the loop's.
 */
final class PublisherFeeder implements PlaybackFeeder, CoreSubscriber<ByteBuffer> {

  private final DriverLoop loop;
  private final Publisher<? extends ByteBuffer> pcm;
  private final Context context;
  private final PlaybackRun run;
  private final Runnable feedTask = this::feed;

  // handed over by the publisher's thread
  private volatile @Nullable ByteBuffer offered;
  private volatile @Nullable Throwable error;
  private volatile boolean completed;

  // owned by the loop
  private @Nullable Subscription upstream;
  private boolean requested;
  private boolean feeding;
  private boolean again;
  private boolean ended;

  PublisherFeeder(
      DriverLoop loop, Publisher<? extends ByteBuffer> pcm, Context context, PlaybackRun run) {
    this.loop = loop;
    this.pcm = pcm;
    this.context = context;
    this.run = run;
  }

  @Override
  public Context currentContext() {
    return context;
  }

  @Override
  public void begin() {
    pcm.subscribe(this);
  }

  @Override
  public void onSubscribe(Subscription subscription) {
    onLoop(
        () -> {
          if (ended || !Operators.validate(upstream, subscription)) {
            subscription.cancel();
            return;
          }
          upstream = subscription;
          feed();
        });
  }

  @Override
  public void onNext(ByteBuffer bytes) {
    if (offered != null) {
      error =
          new AudioException(
              Reason.BAD_SOURCE,
              "take samples",
              run.toString(),
              "the publisher sent a buffer that was not requested",
              "it must keep to the Reactive Streams rules; onBackpressureBuffer() helps");
    } else {
      offered = bytes;
    }
    onLoop(feedTask);
  }

  @Override
  public void onError(Throwable failed) {
    error = failed;
    onLoop(feedTask);
  }

  @Override
  public void onComplete() {
    completed = true;
    onLoop(feedTask);
  }

  private void onLoop(Runnable task) {
    boolean unusedEnded = OnLoop.run(loop, task);
  }

  // a publisher that answers request() at once comes back in here
  @Override
  public void feed() {
    if (feeding) {
      again = true;
      return;
    }
    feeding = true;
    do {
      again = false;
      step();
    } while (again);
    feeding = false;
  }

  private void step() {
    if (ended) {
      return;
    }
    Throwable failed = error;
    if (failed != null) {
      ended = true;
      cancelUpstream();
      run.fail(failed);
      return;
    }
    ByteBuffer bytes = offered;
    if (bytes != null) {
      run.write(bytes);
      if (bytes.hasRemaining()) {
        return;
      }
      requested = false;
      offered = null;
    }
    if (completed) {
      ended = true;
      run.finish();
    } else if (!requested && !run.full() && upstream != null) {
      requested = true;
      upstream.request(1);
    }
  }

  @Override
  public void end() {
    if (!ended) {
      ended = true;
      cancelUpstream();
    }
  }

  private void cancelUpstream() {
    if (upstream != null) {
      upstream.cancel();
    }
  }
}
