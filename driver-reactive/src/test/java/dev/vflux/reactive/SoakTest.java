package dev.vflux.reactive;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vflux.testing.Await;
import dev.vflux.testing.LeakCheck;
import dev.vflux.vfio.EventFd;
import dev.vflux.vfio.IrqIndex;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * One writer, separate writes of 1, each counted exactly: a short run here, a long one with {@code
 * -Dvflux.soak.signals=100000000}.
 */
@ExtendWith(LeakCheck.class)
@Timeout(value = 1, unit = TimeUnit.HOURS)
class SoakTest {

  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final long SIGNALS = Long.getLong("vflux.soak.signals", 2_000_000);

  /** Waits in the kernel; looks for a while before it does; looks without an end. */
  @ParameterizedTest
  @ValueSource(longs = {0, 100, 1_000_000})
  void everyWriteIsCounted(long spinMicros) {
    TestBackend backend = new TestBackend();
    DriverLoop loop = DriverLoop.builder().spin(Duration.of(spinMicros, ChronoUnit.MICROS)).build();
    ReactiveDevice device = TestBackend.open(backend, loop);
    long[] counted = new long[2];
    device
        .interrupts(IrqIndex.MSI, 0)
        .subscribe(
            interrupt -> {
              counted[0] += interrupt.count();
              counted[1]++;
            });
    EventFd trigger = backend.tied(IrqIndex.MSI, 0);
    for (long i = 0; i < SIGNALS; i++) {
      trigger.signal();
    }
    Await.until(
        "every signal counted",
        () -> SIGNALS <= loop.call(() -> counted[0]).blockOptional(LIMIT).orElseThrow());
    System.out.printf(
        "soak, spin %d us: %d writes, %d counted in %d deliveries%n",
        spinMicros, SIGNALS, counted[0], counted[1]);
    assertThat(counted[0]).isEqualTo(SIGNALS);
    loop.close().block(LIMIT);
  }
}
