package dev.vflux.adsp.emulated;

import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.reactivestreams.tck.PublisherVerification;
import org.reactivestreams.tck.TestEnvironment;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Schedulers;

/**
 * The Reactive Streams TCK over a tap whose DAC plays as soon as somebody listens. Each publisher
 * is a tap of its own. Of 38 rules 10 are skipped: 8 that the TCK itself does not test, 2 about
 * publishers that fail at once.
 */
public class DaiTapTckTest extends PublisherVerification<DaiChunk> {

  private static final long TIMEOUT_MILLIS = 3000;
  private static final long NO_SIGNAL_MILLIS = 50;
  private static final long COLLECTED_MILLIS = 10_000;
  private static final long MOST_KEPT = 10_000;
  private static final int NODE = 2;
  private static final int TAG = 1;
  private static final int S16_48 = 0x0011;

  private final AtomicInteger taps = new AtomicInteger();

  /** For TestNG. */
  public DaiTapTckTest() {
    super(new TestEnvironment(TIMEOUT_MILLIS, NO_SIGNAL_MILLIS), COLLECTED_MILLIS);
  }

  @Override
  public long maxElementsFromPublisher() {
    return MOST_KEPT;
  }

  @Override
  public Publisher<DaiChunk> createPublisher(long elements) {
    return Flux.defer(
        () -> {
          // the TCK's subscribers take locks, which threads of parallel() must not wait for
          DaiTap tap = DaiTap.open("tck-" + taps.incrementAndGet(), Schedulers.boundedElastic());
          return tap.played()
              .doOnSubscribe(unusedSubscription -> play(tap, elements))
              .doFinally(unusedEnd -> tap.close());
        });
  }

  // On another thread, as a device would, and after the listener is there.
  private static void play(DaiTap tap, long elements) {
    Schedulers.boundedElastic()
        .schedule(
            () -> {
              DaiSink dac = tap.sink(1, NODE);
              for (long i = 0; i < elements; i++) {
                dac.accept(TAG, S16_48, ByteBuffer.allocate(4));
              }
              tap.close();
            });
  }

  // A tap never refuses a subscriber: it fails one that has let too much come.
  @Override
  public @Nullable Publisher<DaiChunk> createFailedPublisher() {
    return null;
  }
}
