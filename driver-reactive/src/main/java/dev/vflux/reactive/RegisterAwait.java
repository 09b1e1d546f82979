package dev.vflux.reactive;

import dev.vflux.vfio.DeviceGoneException;
import dev.vflux.vfio.DriverException;
import dev.vflux.vfio.Register;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.Exceptions;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;

/** A bounded wait for a register's bits: read at once, then every so often, last at the limit. */
final class RegisterAwait {

  /** A read this much after the limit says that the host was late, not the device. */
  static final Duration LATE = Duration.ofMillis(10);

  private final DriverLoop loop;
  private final ReactiveRegion region;
  private final Register register;
  private final int mask;
  private final int wanted;
  private final long everyNanos;
  private final long limitNanos;
  private final Duration limit;
  private final IntConsumer guard;

  RegisterAwait(
      DriverLoop loop,
      ReactiveRegion region,
      Register register,
      int mask,
      int wanted,
      Duration every,
      Duration limit,
      IntConsumer guard) {
    this.loop = loop;
    this.region = region;
    this.register = register;
    this.mask = mask;
    this.wanted = wanted;
    this.limit = limit;
    this.guard = guard;
    checkValue();
    if (every.isNegative() || every.isZero() || limit.isNegative()) {
      throw new IllegalArgumentException(
          register + ": cannot read every " + every + " for " + limit);
    }
    this.everyNanos = nanos(every);
    this.limitNanos = nanos(limit);
  }

  private long nanos(Duration duration) {
    try {
      return duration.toNanos();
    } catch (ArithmeticException tooLong) {
      throw new IllegalArgumentException(
          register + ": " + duration + " is longer than 292 years", tooLong);
    }
  }

  private void checkValue() {
    if (register.width() > 32) {
      throw new IllegalArgumentException(register + ": await reads 8, 16 or 32 bits");
    }
    if ((wanted & ~mask) != 0 || (register.width() < 32 && mask >>> register.width() != 0)) {
      throw new IllegalArgumentException(
          String.format(
              "%s: no %d-bit value gives 0x%x under mask 0x%x",
              register, register.width(), wanted, mask));
    }
  }

  /** The wait; while it runs it is one of those that end when the device goes away. */
  Mono<Integer> toMono(Set<Poll> pending) {
    return Mono.create(
        sink -> {
          Poll poll = new Poll(sink, pending);
          sink.onDispose(poll);
          poll.begin();
        });
  }

  private int read() {
    return switch (register.width()) {
      case 8 -> region.read8(register.offset());
      case 16 -> region.read16(register.offset());
      default -> region.read32(register.offset());
    };
  }

  private boolean isAllOnes(int value) {
    return value == -1 >>> (Integer.SIZE - register.width());
  }

  /** One subscription. */
  final class Poll implements Runnable, Disposable {

    private final MonoSink<Integer> sink;
    private final Set<Poll> pending;
    private final Disposable.Swap next = Disposables.swap();
    private long begun;
    private boolean graceGiven;

    Poll(MonoSink<Integer> sink, Set<Poll> pending) {
      this.sink = sink;
      this.pending = pending;
    }

    void begin() {
      if (loop.inEventLoop()) {
        first();
      } else {
        // not kept in next: what it schedules there may come before this returns
        Disposable unusedFirst = loop.scheduler().schedule(this::first);
      }
    }

    private void first() {
      if (next.isDisposed()) {
        return;
      }
      begun = now();
      // before the read, which fails when the device has gone already
      boolean unusedAdded = pending.add(this);
      guarded(limitNanos);
      if (next.isDisposed()) {
        boolean unusedRemoved = pending.remove(this);
      }
    }

    @Override
    public void run() {
      assert loop.inEventLoop();
      if (!next.isDisposed()) {
        guarded(limitNanos - (now() - begun));
      }
    }

    private void guarded(long left) {
      try {
        poll(left);
      } catch (Throwable thrown) {
        // guard of the loop: an error that only the log saw would leave the wait without an end
        Throwable seen = explained(thrown);
        sink.error(seen);
        Exceptions.throwIfJvmFatal(seen);
      }
    }

    // a fault in a mapping (SIGBUS) that the JVM delivered late
    private Throwable explained(Throwable thrown) {
      return thrown instanceof InternalError
          ? region.findGone(register.name()).<Throwable>map(gone -> gone).orElse(thrown)
          : thrown;
    }

    private void poll(long left) {
      int value = read();
      guard.accept(value);
      if (isAllOnes(value)) {
        Optional<DeviceGoneException> gone = region.findGone(register.name());
        if (gone.isPresent()) {
          sink.error(gone.get());
          return;
        }
      }
      if ((value & mask) == wanted) {
        sink.success(value);
      } else if (left <= 0 && (graceGiven || -left < LATE.toNanos())) {
        sink.error(
            new RegisterTimeoutException(region.toString(), register, mask, wanted, value, limit));
      } else {
        // a host that slept past the limit has not watched the device: it gets one more read
        graceGiven = left <= 0;
        long delay = graceGiven ? LATE.toNanos() : Math.min(left, everyNanos);
        next.replace(loop.scheduler().schedule(this, delay, TimeUnit.NANOSECONDS));
      }
    }

    /** Ends the wait; on the loop. */
    void fail(DriverException why) {
      sink.error(why);
    }

    private long now() {
      return loop.scheduler().now(TimeUnit.NANOSECONDS);
    }

    @Override
    public void dispose() {
      next.dispose();
      boolean unusedRemoved = pending.remove(this);
    }

    @Override
    public boolean isDisposed() {
      return next.isDisposed();
    }
  }
}
