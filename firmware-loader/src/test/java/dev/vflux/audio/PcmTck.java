package dev.vflux.audio;

import dev.vflux.reactive.DriverLoop;
import dev.vflux.reactive.ReactiveDevice;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import org.reactivestreams.Publisher;
import org.reactivestreams.tck.PublisherVerification;
import org.reactivestreams.tck.TestEnvironment;
import org.testng.annotations.AfterClass;
import org.testng.annotations.AfterMethod;
import reactor.core.publisher.Flux;

/**
 * The Reactive Streams TCK over what a stream emits. Each publisher is a stream of a device of its
 * own, in real time; the devices are closed when a rule's test is over. Of 38 rules 12 are skipped:
 * 7 that the TCK itself does not test, 5 about several subscribers at once, which a stream refuses.
 */
abstract class PcmTck<T> extends PublisherVerification<T> {

  private static final Duration LIMIT = Duration.ofSeconds(10);
  private static final long TIMEOUT_MILLIS = 10_000;
  private static final long NO_SIGNAL_MILLIS = 50;
  private static final long COLLECTED_MILLIS = 10_000;

  static final StreamSettings SETTINGS =
      StreamSettings.builder(PcmFormat.DEFAULT).period(Duration.ofMillis(1)).periods(64).build();

  private final DriverLoop loop = DriverLoop.create();
  private final List<ReactiveDevice> open = new ArrayList<>();

  PcmTck() {
    super(new TestEnvironment(TIMEOUT_MILLIS, NO_SIGNAL_MILLIS), COLLECTED_MILLIS);
  }

  /** A stream that can be subscribed to once, and what it emits. */
  abstract Supplier<Flux<T>> stream(CodecAudio audio);

  @Override
  public final Publisher<T> createPublisher(long elements) {
    Flux<T> endless = stream(audio()).get();
    return elements == Long.MAX_VALUE ? endless : endless.take(elements);
  }

  @Override
  public final Publisher<T> createFailedPublisher() {
    Supplier<Flux<T>> used = stream(audio());
    used.get().subscribe().dispose();
    return used.get();
  }

  private CodecAudio audio() {
    ReactiveDevice device =
        Objects.requireNonNull(ReactiveDevice.open("emulated:cml", loop).block(LIMIT));
    open.add(device);
    return Objects.requireNonNull(CodecAudio.open(device).block(LIMIT));
  }

  /** Closes the devices of a test. */
  @AfterMethod
  public void close() {
    open.forEach(device -> device.close().block(LIMIT));
    open.clear();
  }

  /** Ends the loop. */
  @AfterClass
  public void end() {
    loop.close().block(LIMIT);
  }
}
