package dev.vflux.reactive;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import reactor.core.publisher.Mono;

/** How late a loop runs what is due. Lives as long as the loop. */
final class LoopMeters implements LoopResource {

  /** How often it is looked: 100 ms. */
  static final Duration INTERVAL = Duration.ofMillis(100);

  static final String LAG = "vflux.loop.lag";

  private final MeterRegistry registry;
  private final DriverLoop loop;
  private final Timer lag;
  private volatile boolean closed;

  // owned by the loop
  private long due;

  private LoopMeters(MeterRegistry registry, DriverLoop loop) {
    this.registry = registry;
    this.loop = loop;
    this.lag =
        Timer.builder(LAG)
            .description("How late the loop runs what is due")
            .tag("loop", loop.toString())
            .register(registry);
  }

  static void bind(MeterRegistry registry, DriverLoop loop) {
    LoopMeters meters = new LoopMeters(registry, loop);
    if (loop.attach(meters)) {
      loop.execute(meters::next);
    } else {
      meters.remove();
    }
  }

  private void next() {
    if (!closed) {
      due = System.nanoTime() + INTERVAL.toNanos();
      Future<?> unusedTask =
          loop.eventLoop().schedule(this::look, INTERVAL.toNanos(), TimeUnit.NANOSECONDS);
    }
  }

  private void look() {
    if (!closed) {
      lag.record(Math.max(0, System.nanoTime() - due), TimeUnit.NANOSECONDS);
    }
    next();
  }

  private void remove() {
    closed = true;
    Meter unusedMeter = registry.remove(lag);
    loop.detach(this);
  }

  @Override
  public Mono<Void> close() {
    return Mono.fromRunnable(this::remove);
  }
}
