package dev.vflux.reactive;

import dev.vflux.testing.Await;
import dev.vflux.vfio.Device;
import dev.vflux.vfio.EventFd;
import dev.vflux.vfio.IrqIndex;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Operators;

/**
 * One vector of a device for one race, on a loop that all races of the process share: a real
 * eventfd in the real epoll set.
 */
final class RaceRig {

  static final DriverLoop LOOP = DriverLoop.builder().name("race").build();

  private static final int LONGEST_PAUSE = 400;

  private final TestBackend backend = new TestBackend();
  private final Device device = Device.of(backend);
  final IrqVectors vectors = new IrqVectors(device, LOOP);
  final InterruptFlux source = vectors.source(IrqIndex.MSI, 0);

  /** Ties the vector, so that it can be signalled before anybody watches. */
  RaceRig tied() {
    vectors.tie(source);
    return this;
  }

  EventFd trigger() {
    return backend.tied(IrqIndex.MSI, 0);
  }

  /** Runs a task on the loop, after all others there, and waits for its end. */
  static void onLoop(Runnable task) {
    AtomicBoolean done = new AtomicBoolean();
    LOOP.execute(
        () -> {
          task.run();
          done.set(true);
        });
    Await.until("the loop's answer", done::get);
  }

  /** Moves one actor against the other: the loop is some microseconds away. */
  static void pause() {
    int turns = ThreadLocalRandom.current().nextInt(LONGEST_PAUSE);
    for (int i = 0; i < turns; i++) {
      Thread.onSpinWait();
    }
  }

  /** Gives everything back. */
  void close() {
    vectors.disable();
    onLoop(vectors::release);
    device.close();
  }

  /** A subscriber that counts what it gets; plain fields are the loop's. */
  static final class Counting implements CoreSubscriber<Interrupt> {

    private final long initial;
    volatile Subscription subscription = Operators.emptySubscription();
    volatile int refused;
    volatile int ends;
    volatile long seen;

    Counting(long initial) {
      this.initial = initial;
    }

    @Override
    public void onSubscribe(Subscription given) {
      subscription = given;
      if (initial > 0) {
        given.request(initial);
      }
    }

    @Override
    @SuppressWarnings("NonAtomicVolatileUpdate") // one writer, the loop
    public void onNext(Interrupt interrupt) {
      seen += interrupt.count();
    }

    @Override
    @SuppressWarnings("NonAtomicVolatileUpdate")
    public void onError(Throwable error) {
      if (error instanceof IllegalStateException) {
        refused++;
      }
      ends++;
    }

    @Override
    @SuppressWarnings("NonAtomicVolatileUpdate")
    public void onComplete() {
      ends++;
    }
  }
}
