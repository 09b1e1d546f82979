package dev.vflux.audio;

import java.time.Duration;
import org.reactivestreams.Publisher;
import org.reactivestreams.tck.PublisherVerification;
import org.reactivestreams.tck.TestEnvironment;
import org.testng.annotations.AfterClass;
import org.testng.annotations.AfterMethod;
import reactor.core.publisher.Flux;

/**
 * The Reactive Streams TCK over a recording. Each publisher is a stream of a device of its own, in
 * real time. Of 38 rules 12 are skipped: 7 that the TCK itself does not test, 5 about several
 * subscribers at once, which a stream refuses.
 */
public class CaptureTckTest extends PublisherVerification<PcmPeriod> {

  private static final long TIMEOUT_MILLIS = 10_000;
  private static final long NO_SIGNAL_MILLIS = 50;
  private static final long COLLECTED_MILLIS = 10_000;
  private static final StreamSettings SETTINGS =
      StreamSettings.builder(PcmFormat.DEFAULT).period(Duration.ofMillis(1)).periods(64).build();

  private final TckDevices devices = new TckDevices();

  /** For TestNG. */
  public CaptureTckTest() {
    super(new TestEnvironment(TIMEOUT_MILLIS, NO_SIGNAL_MILLIS), COLLECTED_MILLIS);
  }

  /** Closes the devices of a test. */
  @AfterMethod
  public void close() {
    devices.close();
  }

  /** Ends the loop. */
  @AfterClass
  public void end() {
    devices.end();
  }

  private Capture capture() {
    return devices.open().capture(SETTINGS);
  }

  @Override
  public Publisher<PcmPeriod> createPublisher(long elements) {
    Flux<PcmPeriod> endless = capture().periods().map(PcmPeriod::snapshot);
    return elements == Long.MAX_VALUE ? endless : endless.take(elements);
  }

  @Override
  public Publisher<PcmPeriod> createFailedPublisher() {
    Capture used = capture();
    used.periods().subscribe().dispose();
    return used.periods();
  }
}
