package dev.vflux.reactive;

import dev.vflux.vfio.CpuAffinity;
import dev.vflux.vfio.DriverException;
import io.netty.channel.IoEventLoop;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import reactor.core.Exceptions;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * One event loop with exactly one thread, on which interrupts arrive and drivers run. Its methods
 * may be called by any thread. The thread is a daemon named {@code <name>-<number>}, {@code
 * vflux-loop-1} by default, waits in epoll_wait(2) and must never be blocked: Reactor refuses
 * {@code block()} there. Lives until {@link #close()}.
 *
 * <p>Devices that share a loop share its thread, and what they do needs no locks between them; a
 * loop serves hundreds of vectors. How many loops there are is the application's choice: one for
 * all devices, one for each, or one for each CPU with {@link Builder#cpu}. No vector can starve the
 * others of its loop: each turn serves everything that is ready, reads one eventfd a few times at
 * most, and gives tasks a millisecond.
 */
public final class DriverLoop {

  /** How long {@link #close()} lets tasks that were already submitted run: 2 s. */
  public static final Duration SHUTDOWN_LIMIT = Duration.ofSeconds(2);

  private static final String DEFAULT_NAME = "vflux-loop";

  // EpollIoHandler: the array of ready descriptors grows as needed
  private static final int EVENTS_GROW = 0;

  private static final Duration START_LIMIT = Duration.ofSeconds(10);
  private static final AtomicInteger NUMBERS = new AtomicInteger();

  private final String name;
  private final IoEventLoop eventLoop;
  private final WaitStrategy waits;
  private final EventFdReader eventFds = new EventFdReader();
  private final Scheduler scheduler;
  private final Set<LoopResource> resources = new LinkedHashSet<>();
  private final Mono<Void> closing = Mono.defer(this::closeAll).cache();

  // guarded by resources
  private boolean closingBegun;

  private DriverLoop(Builder settings) {
    ensureAvailable();
    this.name = settings.name + "-" + NUMBERS.incrementAndGet();
    this.waits = new WaitStrategy(settings.spin, System::nanoTime);
    ThreadFactory threads = body -> new LoopThread(body, name);
    this.eventLoop =
        new PatientEventLoop(threads, EpollIoHandler.newFactory(EVENTS_GROW, () -> waits));
    this.scheduler =
        new LoopScheduler(this, Schedulers.fromExecutorService(eventLoop, name), settings.timer);
  }

  /**
   * Starts a loop with the default name and real time.
   *
   * @return a running loop, owned by the caller, who closes it
   * @throws DriverException when native epoll is missing, see {@link #ensureAvailable()}
   */
  public static DriverLoop create() {
    return builder().build();
  }

  /**
   * Prepares a loop with other settings.
   *
   * @return a builder with the defaults set
   */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Whether native epoll can be used in this process.
   *
   * @return true when {@link #create()} will work
   */
  public static boolean isAvailable() {
    return Epoll.isAvailable();
  }

  /**
   * Does nothing where native epoll can be used.
   *
   * @throws DriverException where it cannot; names the artifact and classifier to add, and carries
   *     the reason as its cause
   */
  public static void ensureAvailable() {
    Throwable cause = Epoll.unavailabilityCause();
    if (cause != null) {
      throw unavailable(cause, System.getProperty("os.name"), System.getProperty("os.arch"));
    }
  }

  /**
   * Why native epoll cannot be used.
   *
   * @return the reason; empty when it can be used
   */
  public static Optional<Throwable> unavailabilityCause() {
    return Optional.ofNullable(Epoll.unavailabilityCause());
  }

  static DriverException unavailable(Throwable cause, String os, String arch) {
    String machine =
        switch (arch.toLowerCase(Locale.ROOT)) {
          case "amd64", "x86_64" -> "x86_64";
          case "aarch64", "arm64" -> "aarch_64";
          default -> arch;
        };
    DriverException missing =
        new DriverException(
            "load native epoll",
            os + "/" + arch,
            String.valueOf(cause.getMessage()),
            "needs Linux and io.netty:netty-transport-native-epoll with classifier linux-"
                + machine
                + " on the class path, or on the module path with --add-modules"
                + " io.netty.transport.epoll.linux."
                + machine
                + "; where the temporary directory is mounted noexec, set"
                + " -Dio.netty.native.workdir");
    missing.initCause(cause);
    return missing;
  }

  /**
   * Whether the calling thread is the loop's.
   *
   * @return true on the loop
   */
  public boolean inEventLoop() {
    return eventLoop.inEventLoop();
  }

  /**
   * Runs a task on the loop, after those already submitted; also when called on the loop.
   *
   * @param task must not block; what it throws is logged and does not end the loop
   * @throws java.util.concurrent.RejectedExecutionException when the loop is closed
   */
  public void execute(Runnable task) {
    eventLoop.execute(task);
  }

  /**
   * Runs a task on the loop for each subscriber: at once when subscribed on the loop, otherwise
   * after the tasks already submitted.
   *
   * @param task must not block; a null result makes the Mono empty
   * @param <T> the result's type
   * @return a cold Mono of the result, emitted on the loop; it fails with what the task throws
   */
  public <T> Mono<T> call(Callable<? extends @Nullable T> task) {
    Mono<T> result = Mono.fromCallable(task);
    return Mono.defer(() -> inEventLoop() ? result : result.subscribeOn(scheduler));
  }

  /**
   * The loop as a Reactor scheduler: tasks, delays and periods run on the loop's thread. Every wait
   * of this library is scheduled here, so that {@link Builder#timer} reaches it. Disposing it does
   * nothing; close the loop instead.
   *
   * @return the scheduler, the same at each call
   */
  public Scheduler scheduler() {
    return scheduler;
  }

  /**
   * Closes every {@link ReactiveDevice} and {@link DeviceServer} still open on this loop, each as
   * by its own close, then ends the thread. Cold: nothing happens before the first subscription;
   * then it runs once, whoever cancels, and later subscribers see the same result. Once it has
   * begun the loop takes no further device or server.
   *
   * @return completes, on another thread than the loop's, when the thread's work is over; fails
   *     with a device's error, after the loop ended all the same
   */
  public Mono<Void> close() {
    return closing;
  }

  private Mono<Void> closeAll() {
    return Flux.fromIterable(beginClose())
        .flatMapDelayError(LoopResource::close, Integer.MAX_VALUE, 1)
        .then()
        .onErrorResume(failed -> shutdown().then(Mono.error(failed)))
        .switchIfEmpty(shutdown());
  }

  private Mono<Void> shutdown() {
    return Mono.create(
        done ->
            eventLoop
                .shutdownGracefully(0, SHUTDOWN_LIMIT.toMillis(), TimeUnit.MILLISECONDS)
                .addListener(ended -> done.success()));
  }

  boolean isClosed() {
    return eventLoop.isShuttingDown();
  }

  IoEventLoop eventLoop() {
    return eventLoop;
  }

  WaitStrategy waits() {
    return waits;
  }

  EventFdReader eventFds() {
    return eventFds;
  }

  private void pin(int cpu) {
    Future<?> pinned = eventLoop.submit(() -> CpuAffinity.pin(cpu));
    boolean ended = pinned.awaitUninterruptibly(START_LIMIT.toMillis());
    if (ended && pinned.isSuccess()) {
      return;
    }
    Future<?> unusedEnd = eventLoop.shutdownGracefully(0, 0, TimeUnit.MILLISECONDS);
    throw ended
        ? Exceptions.propagate(pinned.cause())
        : new DriverException("start", name, "no answer within " + START_LIMIT, "");
  }

  private List<LoopResource> beginClose() {
    synchronized (resources) {
      closingBegun = true;
      return List.copyOf(resources);
    }
  }

  /** False when closing has begun. */
  boolean attach(LoopResource resource) {
    synchronized (resources) {
      return !closingBegun && resources.add(resource);
    }
  }

  void detach(LoopResource resource) {
    synchronized (resources) {
      resources.remove(resource);
    }
  }

  @Override
  public String toString() {
    return name;
  }

  /** Settings of a loop; not thread-safe. */
  public static final class Builder {

    private String name = DEFAULT_NAME;
    private Duration spin = Duration.ZERO;
    private OptionalInt cpu = OptionalInt.empty();
    private @Nullable Scheduler timer;

    private Builder() {}

    /**
     * Names the thread.
     *
     * @param prefix the thread is called {@code prefix-<number>}
     * @return this builder
     */
    public Builder name(String prefix) {
      this.name = prefix;
      return this;
    }

    /**
     * Replaces the clock behind {@link DriverLoop#scheduler()}, and so behind every wait; meant for
     * {@code VirtualTimeScheduler} in tests. Tasks still run on the loop; a thread that moves the
     * time and may block waits for each task that becomes due, so that the time does not move on
     * before the task has scheduled what follows. When the timer is disposed, as StepVerifier does
     * at its end, real time takes over.
     *
     * @param timer decides when tasks are due; stays the caller's
     * @return this builder
     */
    public Builder timer(Scheduler timer) {
      this.timer = timer;
      return this;
    }

    /**
     * Lets the loop look for interrupts for a while, again and again, before it waits in the
     * kernel: the next one is then seen in about a microsecond instead of after a thread's wake-up,
     * at the price of a processor that is busy meanwhile. The window adapts: it grows up to this
     * maximum while interrupts arrive within it, and shrinks to nothing when they do not, so that a
     * quiet device costs no spinning. Tasks and timers run as ever. Worth it where a processor can
     * be spared for the loop, best with {@link #cpu}.
     *
     * @param max the longest window; zero, the default, never spins
     * @return this builder
     * @throws IllegalArgumentException when it is negative
     */
    public Builder spin(Duration max) {
      if (max.isNegative()) {
        throw new IllegalArgumentException("the spin window must not be negative: " + max);
      }
      this.spin = max;
      return this;
    }

    /**
     * Binds the loop's thread to one CPU (sched_setaffinity(2)). For the shortest way of an
     * interrupt choose another CPU than that which serves the device's interrupts in the kernel.
     *
     * @param cpu its number, as in /proc/cpuinfo
     * @return this builder
     */
    public Builder cpu(int cpu) {
      this.cpu = OptionalInt.of(cpu);
      return this;
    }

    /**
     * Starts the loop. With {@link #cpu} this waits for its thread's start, so not on a loop.
     *
     * @return a running loop, owned by the caller, who closes it
     * @throws DriverException when native epoll is missing, see {@link #ensureAvailable()}
     * @throws dev.vflux.vfio.VfioException EINVAL when the CPU does not exist or this process may
     *     not use it; no thread is left behind
     * @throws IllegalStateException with {@link #cpu} on a thread that must not block
     */
    public DriverLoop build() {
      if (cpu.isPresent() && Schedulers.isInNonBlockingThread()) {
        throw new IllegalStateException(
            "build() with cpu() waits for the loop's thread: not on " + Thread.currentThread());
      }
      DriverLoop loop = new DriverLoop(this);
      cpu.ifPresent(loop::pin);
      return loop;
    }
  }
}
