package dev.vflux.adsp;

import dev.vflux.hda.WaitObserver;
import dev.vflux.reactive.RegisterTimeoutException;
import dev.vflux.vfio.Register;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;

/**
 * Something the DSP announces by interrupt and at the same time by a bit in a register. Waiting for
 * it is waiting for the interrupt; a slow look at the register notices when that was lost. Driver
 * loop only.
 *
 * @param <T> what is announced
 */
final class Announcement<T> {

  /** What the waiting needs from the device. */
  interface Source {
    /** Reads the register; an error when it reads all ones. */
    int look(Register register);

    /** Serves what is pending as the interrupt would have. */
    void serveLost(Register register);
  }

  private final Register register;
  private final int bit;
  private final Source source;
  private Sinks.One<T> arrived = Sinks.one();
  private boolean hasArrived;

  Announcement(Register register, int bit, Source source) {
    this.register = register;
    this.bit = bit;
    this.source = source;
  }

  /** Forgets what has arrived. */
  void expect() {
    arrived = Sinks.one();
    hasArrived = false;
  }

  void arrive(T what) {
    if (hasArrived) {
      return;
    }
    hasArrived = true;
    arrived.emitValue(what, (signal, result) -> false);
  }

  /**
   * The announcement; a {@link RegisterTimeoutException} when the bit is not set at the limit, or
   * is set and stays so although it was served.
   *
   * @param check called with every look that finds nothing; what it throws ends the wait
   */
  Mono<T> await(
      String device, Duration every, Duration limit, Scheduler scheduler, Runnable check) {
    return Mono.defer(
        () -> {
          Looks looks = new Looks(device, limit, scheduler, check);
          Mono<T> lost =
              Flux.interval(every, scheduler).doOnNext(tick -> looks.look()).then(Mono.never());
          return WaitObserver.observe(
              register.name() + " by interrupt", Mono.firstWithSignal(arrived.asMono(), lost));
        });
  }

  private final class Looks {
    private final String device;
    private final Duration limit;
    private final Scheduler scheduler;
    private final Runnable check;
    private final long start;
    private boolean pending;

    Looks(String device, Duration limit, Scheduler scheduler, Runnable check) {
      this.device = device;
      this.limit = limit;
      this.scheduler = scheduler;
      this.check = check;
      this.start = scheduler.now(TimeUnit.NANOSECONDS);
    }

    void look() {
      int value = source.look(register);
      boolean atLimit = scheduler.now(TimeUnit.NANOSECONDS) - start >= limit.toNanos();
      boolean set = (value & bit) != 0;
      // set for the first time: its interrupt may be on the way
      if (set && (pending || atLimit)) {
        source.serveLost(register);
      } else if (!set) {
        check.run();
      }
      if (atLimit && !hasArrived) {
        throw new RegisterTimeoutException(device, register, bit, bit, value, limit);
      }
      pending = set;
    }
  }
}
