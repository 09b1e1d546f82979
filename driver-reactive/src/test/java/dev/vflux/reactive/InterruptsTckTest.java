package dev.vflux.reactive;

import dev.vflux.vfio.IrqIndex;
import java.time.Duration;
import org.reactivestreams.Publisher;
import org.reactivestreams.tck.PublisherVerification;
import org.reactivestreams.tck.TestEnvironment;
import org.testng.annotations.AfterClass;
import reactor.core.publisher.Flux;

/**
 * The Reactive Streams TCK over a vector that always has a signal pending. Each publisher is a
 * vector of a device of its own. Of 38 rules 12 are skipped: 7 that the TCK itself does not test, 5
 * about several subscribers at once, which a vector refuses.
 */
public class InterruptsTckTest extends PublisherVerification<Interrupt> {

  private static final Duration LIMIT = Duration.ofSeconds(10);
  private static final long TIMEOUT_MILLIS = 3000;
  private static final long NO_SIGNAL_MILLIS = 50;
  private static final long COLLECTED_MILLIS = 10_000;

  private final DriverLoop loop = DriverLoop.create();

  /** For TestNG. */
  public InterruptsTckTest() {
    super(new TestEnvironment(TIMEOUT_MILLIS, NO_SIGNAL_MILLIS), COLLECTED_MILLIS);
  }

  /** Closes the loop and all devices. */
  @AfterClass
  public void close() {
    loop.close().block(LIMIT);
  }

  @Override
  public Publisher<Interrupt> createPublisher(long elements) {
    TestBackend backend = new TestBackend();
    ReactiveDevice device = TestBackend.open(backend, loop);
    Flux<Interrupt> endless =
        device
            .interrupts(IrqIndex.MSI, 0)
            .doOnSubscribe(s -> backend.signal(IrqIndex.MSI, 0))
            .doOnNext(i -> backend.signal(IrqIndex.MSI, 0))
            .map(Interrupt::snapshot);
    return elements == Long.MAX_VALUE ? endless : endless.take(elements);
  }

  @Override
  public Publisher<Interrupt> createFailedPublisher() {
    ReactiveDevice device = TestBackend.open(new TestBackend(), loop);
    Flux<Interrupt> interrupts = device.interrupts(IrqIndex.MSI, 0).map(Interrupt::snapshot);
    device.close().block(LIMIT);
    return interrupts;
  }
}
