package dev.vflux.reactive;

import io.netty.channel.SelectStrategy;
import io.netty.util.IntSupplier;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * How a loop without work waits: at once in the kernel, or first by looking again and again for a
 * while. Without a spin window it looks briefly before it waits, as long as that pays. With one,
 * the window adapts as KVM's halt polling does (Documentation/virt/kvm/halt-polling.rst): it grows
 * after a wait that it could have covered, and shrinks after a longer one, so that rare interrupts
 * cost no spinning. While it spins, the vector that fired last is read directly, which saves
 * epoll_wait(2), and after a few such looks the epoll set is looked at, so that the others are
 * served too. On the loop only.
 */
final class WaitStrategy implements SelectStrategy {

  /** The first window: 10 us, as KVM's halt_poll_ns_grow_start. */
  static final long FIRST_WINDOW_NANOS = 10_000;

  /** While a vector is read directly, one look in this many goes to the epoll set. */
  static final int LOOKS_PER_POLL = 8;

  /**
   * Looks before a wait. What answers a handler at once comes after the first: one look alone would
   * miss it, and sleep (docs/measuring.md, round trips).
   */
  static final int LOOKS = 2;

  /** After so many waits whose looks were in vain, the loop looks only now and then. */
  static final int MISSES = 4;

  /** Waits without a look before the next one. */
  static final int SKIPPED_LOOKS = 15;

  private final long maxWindowNanos;
  private final LongSupplier clock;
  private long windowNanos;
  private boolean idle;
  private boolean waiting;
  private long idleSince;
  private int looks;
  private int misses;
  private int skipped;
  private boolean noticed;
  private long noticedAt;
  private @Nullable EventFdIoHandle latest;

  WaitStrategy(Duration spin, LongSupplier clock) {
    this.maxWindowNanos = spin.toNanos();
    this.clock = clock;
  }

  @Override
  public int calculateStrategy(IntSupplier poll, boolean hasTasks) throws Exception {
    noticed = false;
    if (hasTasks) {
      return poll.get();
    }
    return maxWindowNanos == 0 ? lookBriefly(poll) : spin(poll);
  }

  private int lookBriefly(IntSupplier poll) throws Exception {
    if (misses >= MISSES && skipped < SKIPPED_LOOKS) {
      skipped++;
      return SELECT;
    }
    skipped = 0;
    for (int look = 0; look < LOOKS; look++) {
      int ready = poll.get();
      if (ready > 0) {
        misses = 0;
        return ready;
      }
    }
    misses = Math.min(misses + 1, MISSES);
    return SELECT;
  }

  private int spin(IntSupplier poll) throws Exception {
    // here and not pass by pass: a pass through the loop costs as much as a look
    while (latest != null && ++looks % LOOKS_PER_POLL != 0) {
      if (latest.look()) {
        idle = false;
        return CONTINUE;
      }
    }
    int ready = poll.get();
    if (ready > 0) {
      return ready;
    }
    if (windowIsOpen()) {
      return CONTINUE;
    }
    waiting = true;
    return SELECT;
  }

  private boolean windowIsOpen() {
    long now = clock.getAsLong();
    if (!idle) {
      idle = true;
      idleSince = now;
    }
    return now - idleSince < windowNanos;
  }

  /**
   * When this pass of the loop found something ready: one time for all that one look at the epoll
   * set named.
   */
  long noticed() {
    if (!noticed) {
      noticed = true;
      noticedAt = clock.getAsLong();
    }
    return noticedAt;
  }

  /** A descriptor of the loop is ready; called before it is served. */
  void awake() {
    if (waiting) {
      adapt(noticed() - idleSince);
    }
    waiting = false;
    idle = false;
  }

  /** A vector fired; it is read directly from now on, while it is armed. */
  void awake(EventFdIoHandle vector) {
    awake();
    // without a window nothing is read directly
    if (maxWindowNanos != 0) {
      latest = vector;
    }
  }

  private void adapt(long waitedNanos) {
    if (waitedNanos > maxWindowNanos) {
      windowNanos = windowNanos > FIRST_WINDOW_NANOS ? windowNanos / 2 : 0;
    } else {
      windowNanos = Math.min(Math.max(2 * windowNanos, FIRST_WINDOW_NANOS), maxWindowNanos);
    }
  }

  /** The vector is no longer armed. */
  void forget(EventFdIoHandle vector) {
    if (latest == vector) {
      latest = null;
    }
  }
}
