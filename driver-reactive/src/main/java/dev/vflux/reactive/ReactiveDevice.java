package dev.vflux.reactive;

import dev.vflux.vfio.Device;
import dev.vflux.vfio.DeviceGoneException;
import dev.vflux.vfio.Devices;
import dev.vflux.vfio.DriverException;
import dev.vflux.vfio.IrqIndex;
import dev.vflux.vfio.RegionIndex;
import dev.vflux.vfio.ResetOutcome;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Function;
import java.util.function.Predicate;
import org.reactivestreams.Publisher;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;

/**
 * An open device on a {@link DriverLoop}: its interrupts as streams, its regions with bounded
 * waits, and closing in order. Its methods may be called by any thread; what the streams emit, they
 * emit on the loop. Owns the {@link Device} until {@link #close()}.
 */
public final class ReactiveDevice implements LoopResource {

  /** How long {@link #close()} waits for one quiesce action: 2 s. */
  public static final Duration QUIESCE_LIMIT = Duration.ofSeconds(2);

  /**
   * How long the steps of {@link #onReleaseRequest} and the quiesce actions may take together when
   * the kernel asks for the device back: 8 s. It asks again every 10 s (vfio_main.c,
   * vfio_unregister_group_dev).
   */
  public static final Duration RELEASE_LIMIT = Duration.ofSeconds(8);

  /** How long a recovery may take that {@link #onDeviceError} was given: 10 s. */
  public static final Duration RECOVERY_LIMIT = Duration.ofSeconds(10);

  private static final Logger LOG = LoggerFactory.getLogger(ReactiveDevice.class);

  private final Device device;
  private final DriverLoop loop;
  private final IrqVectors vectors;
  private final CloseSequence sequence;
  private final Map<RegionIndex, ReactiveRegion> regions = new EnumMap<>(RegionIndex.class);
  private final ServedIndex requests;
  private final ServedIndex errors;
  private final ErrorRecovery recovery;
  private final Sinks.One<DeviceGoneException> gone = Sinks.one();
  private final Sinks.One<ReleaseRequestedException> releaseRequested = Sinks.one();
  private final Sinks.One<DeviceErrorException> failed = Sinks.one();
  private final Mono<Void> closing;

  private final Object observing = new Object();

  // guarded by regions
  private boolean ended;

  private ReactiveDevice(Device device, DriverLoop loop) {
    this.device = device;
    this.loop = loop;
    this.vectors = new IrqVectors(device, loop);
    this.requests = new ServedIndex(vectors, IrqIndex.REQ);
    this.errors = new ServedIndex(vectors, IrqIndex.ERR);
    this.recovery = new ErrorRecovery(device, loop, RECOVERY_LIMIT, this::giveUp);
    this.sequence = new CloseSequence(loop, device.info().name(), QUIESCE_LIMIT);
    this.closing = closing().cache();
  }

  /**
   * Opens a device. Cold: each subscription opens one, on a thread that may block; cancelling
   * meanwhile closes it again.
   *
   * @param uri for instance {@code emulated:edu}, see {@link Devices#open}
   * @param loop where its streams emit
   * @return the device, emitted on the opening thread and owned by the subscriber, who closes it;
   *     or the {@link DriverException} of {@link Devices#open} or {@link #of}
   */
  public static Mono<ReactiveDevice> open(String uri, DriverLoop loop) {
    return Mono.<Device>create(opened -> opened.success(Devices.open(uri)))
        .doOnDiscard(Device.class, Device::close)
        .map(device -> of(device, loop))
        .subscribeOn(Schedulers.boundedElastic());
  }

  /**
   * Takes over an open device, and from now on serves what the kernel signals about it: {@link
   * #releaseRequested() REQ} and {@link #deviceError() ERR}, where the device has them and until
   * the application watches them by itself. On a thread that must not block, a loop's for instance,
   * they are tied a moment later, on {@code Schedulers.boundedElastic()}.
   *
   * @param device an open device without enabled interrupts; belongs to the result from now on
   * @param loop where its streams emit
   * @return the device on the loop, owned by the caller, who closes it
   * @throws DriverException when closing the loop has begun; the device is closed then
   */
  public static ReactiveDevice of(Device device, DriverLoop loop) {
    ReactiveDevice onLoop = new ReactiveDevice(device, loop);
    if (!loop.attach(onLoop)) {
      device.close();
      throw new DriverException(
          "attach to " + loop, device.info().name(), "the loop is closed", "use another loop");
    }
    device.onGone(onLoop::deviceGone);
    onLoop.serve();
    return onLoop;
  }

  private void serve() {
    if (device.hasIrq(IrqIndex.REQ)) {
      requests.serve(vectors.source(IrqIndex.REQ, 0).assembled().doOnNext(asked -> released()));
    }
    if (device.hasIrq(IrqIndex.ERR)) {
      errors.serve(handled(vectors.source(IrqIndex.ERR, 0), reported -> recovery.run()));
    }
  }

  /**
   * The device itself: info, DMA memory, reset. Its interrupts are this object's.
   *
   * @return the device
   */
  public Device device() {
    return device;
  }

  /**
   * The loop its streams emit on.
   *
   * @return the loop
   */
  public DriverLoop loop() {
    return loop;
  }

  /**
   * A region.
   *
   * @param index which
   * @return the region, the same object at each call
   * @throws DriverException when the device does not have it
   */
  public ReactiveRegion region(RegionIndex index) {
    synchronized (regions) {
      return regions.computeIfAbsent(index, this::newRegion);
    }
  }

  private ReactiveRegion newRegion(RegionIndex index) {
    ReactiveRegion region = new ReactiveRegion(device, device.region(index), loop);
    DriverException lost = vectors.lost();
    if (lost != null) {
      region.lose(lost);
    } else if (ended) {
      region.complete();
    }
    return region;
  }

  /**
   * Tells when the device is found to have gone away by itself; see {@link Device#onGone}. Every
   * {@code await}, {@code interrupts}, {@code handle} and {@code writes} stream fails with the same
   * error at that moment, and so do those that are subscribed later. Closing still has to be done,
   * and works; whether to open it again is the caller's decision.
   *
   * <p>Of a device that another process serves it is found at once. Of others it is found by who
   * accesses it: when an access fails or an {@code await} reads all ones, and the configuration
   * space does not answer either; or when a driver says so, by {@link ReactiveRegion#allOnes}.
   * Reading a register by itself does not look for it.
   *
   * @return hot, the same for every subscriber; the error as a value, emitted on the loop, also to
   *     who subscribes later; completes empty when the device is closed first
   */
  public Mono<DeviceGoneException> gone() {
    return gone.asMono();
  }

  private void deviceGone(DeviceGoneException error) {
    try {
      loop.execute(() -> lose(error));
    } catch (RejectedExecutionException ended) {
      // the loop ended every stream before it ended
      return;
    }
  }

  private void lose(DeviceGoneException error) {
    // also of a device that was pulled out the kernel asks to let go
    endStreams(error, index -> index == IrqIndex.REQ && requests.isServing());
    Sinks.EmitResult unusedResult = gone.tryEmitValue(error);
  }

  private void endStreams(DriverException why, Predicate<IrqIndex> served) {
    vectors.lose(why, served);
    List<ReactiveRegion> watched;
    synchronized (regions) {
      watched = List.copyOf(regions.values());
    }
    watched.forEach(region -> region.lose(why));
  }

  /**
   * Tells when the kernel asks for the device back (REQ), because somebody unbinds its driver or
   * removes the device, and blocks until that is done. The device is then closed at once, as by
   * {@link #close()}, but with the steps of {@link #onReleaseRequest} before, and within {@link
   * #RELEASE_LIMIT}; its {@code await}, {@code interrupts}, {@code handle} and {@code writes}
   * streams do not complete but fail with the error told here. {@code close()} gives the outcome;
   * an application that calls it meanwhile joins.
   *
   * <p>An application that subscribes to {@code interrupts(IrqIndex.REQ, 0)}, or {@code handle}, by
   * itself has the index to itself from then on, whether or not it stays: nothing is told here any
   * more, and it has to close the device. Nothing happens either when the device has no REQ,
   * refuses it, or is being closed already.
   *
   * @return hot, the same for every subscriber; the error as a value, once, emitted on the loop
   *     before the first step is taken, also to who subscribes later; completes empty when the
   *     device is closed for another reason
   */
  public Mono<ReleaseRequestedException> releaseRequested() {
    return releaseRequested.asMono();
  }

  /**
   * Adds something to do when the kernel asks for the device back, before the device is closed:
   * tell those who use the driver, save what it knows. The steps are subscribed on the loop, the
   * last added first, one after the other, each bounded by {@link #QUIESCE_LIMIT}; whatever they
   * say, the actions of {@link #onClose} follow. Interrupts and registers still work then.
   *
   * @param name what it does, in words, for errors
   * @param step the step, subscribed once at most
   * @throws DriverException when closing has begun
   */
  public void onReleaseRequest(String name, Mono<Void> step) {
    if (!sequence.addReleaseStep(name, step)) {
      throw vectors.closedError("add release step '" + name + "'");
    }
  }

  private void released() {
    ReleaseRequestedException why = new ReleaseRequestedException(device.info().name());
    if (!sequence.release(why, RELEASE_LIMIT)) {
      return;
    }
    Sinks.EmitResult unusedResult = releaseRequested.tryEmitValue(why);
    Disposable unusedClosing =
        closing.subscribe(
            unusedNothing -> {},
            problem -> LOG.warn("{}: closed for the kernel, but not cleanly", device, problem));
  }

  /**
   * Tells when the device has reported an error that it cannot correct (ERR; PCI Express only) and
   * was not brought back by the recovery of {@link #onDeviceError}. Bus mastering is off then, and
   * every {@code await}, {@code interrupts}, {@code handle} and {@code writes} stream has failed
   * with the error told here. Closing still has to be done.
   *
   * <p>As with REQ, an application that subscribes to {@code interrupts(IrqIndex.ERR, 0)} by itself
   * has the index to itself from then on.
   *
   * @return hot, the same for every subscriber; the error as a value, emitted on the loop, also to
   *     who subscribes later; completes empty when the device is closed first
   */
  public Mono<DeviceErrorException> deviceError() {
    return failed.asMono();
  }

  /**
   * Says what to do when the device reports an error that it cannot correct: stop, {@link #reset()
   * reset}, set up again, resume. Called once for each report, one after the other, with bus
   * mastering off; streams and ties of interrupts are as they were, and stay so when the recovery
   * completes. When it fails, or is not finished within {@link #RECOVERY_LIMIT}, the device is
   * given up, see {@link #deviceError()}; so it is at the first report when there is none.
   *
   * @param function given the report, on the loop; what its publisher emits is ignored. Replaces
   *     the one before
   */
  public void onDeviceError(
      Function<? super DeviceErrorException, ? extends Publisher<?>> function) {
    recovery.by(function);
  }

  private void giveUp(DeviceErrorException error) {
    endStreams(error, index -> index == IrqIndex.REQ && requests.isServing());
    Sinks.EmitResult unusedResult = failed.tryEmitValue(error);
  }

  /**
   * Lets somebody watch what goes on at this device, until it is closed. Without one nothing is
   * measured.
   *
   * @param next who; one for each device
   * @throws IllegalStateException when there is one already
   * @throws DriverException when the device is closed
   */
  public void observe(DeviceObserver next) {
    synchronized (observing) {
      if (vectors.observer() != null) {
        throw new IllegalStateException(this + " has an observer already");
      }
      if (device.isClosed()) {
        throw vectors.closedError("observe");
      }
      vectors.observer(next);
    }
  }

  /**
   * Who watches this device.
   *
   * @return the observer, for drivers to tell of what they do; empty when there is none
   */
  public Optional<DeviceObserver> observer() {
    return Optional.ofNullable(vectors.observer());
  }

  private void observed() {
    synchronized (observing) {
      DeviceObserver last = vectors.observer();
      vectors.observer(null);
      if (last != null) {
        last.closed();
      }
    }
  }

  /**
   * Resets the device's function; see {@link Device#reset()}.
   *
   * @return cold; what happened, emitted on {@code Schedulers.boundedElastic()}, or the error of
   *     {@link Device#reset()}
   */
  public Mono<ResetOutcome> reset() {
    return Mono.fromCallable(device::reset).subscribeOn(Schedulers.boundedElastic());
  }

  /**
   * The interrupts of a vector. Hot: the device signals whether or not anybody listens. Demand
   * reaches the kernel: each element requested is one read of the vector's eventfd, and delivers
   * the count of all signals since the last one; without demand the eventfd is not even polled, and
   * nothing is lost. One subscriber at a time: a second one gets an {@link IllegalStateException};
   * share with {@code publish()} or {@code share()}.
   *
   * <p>When {@code subscribe} returns, the vector is tied to its eventfd, so an interrupt raised by
   * the next register write is seen. The first subscription of a vector makes the system call that
   * ties it (VFIO_DEVICE_SET_IRQS), on the subscribing thread; the first of an index enables the
   * index. Of INTX, MSI and MSIX only one can be enabled. Cancelling disarms; the vector stays tied
   * and counts for the next subscriber until the device is closed.
   *
   * <p>Elements are emitted on the loop and are valid until {@code onNext} returns, see {@link
   * Interrupt}. A subscriber that throws from {@code onNext} gets the error by {@code onError} and
   * is cancelled; the loop goes on. The stream completes when the device is closed, and fails with
   * a {@link DriverException} when it cannot be tied, is closed already, or when the loop ends
   * first. {@link #releaseRequested() REQ} and {@link #deviceError() ERR} are served by this object
   * until somebody subscribes to them here. INTx masks itself: see {@link #handle}, or call {@link
   * Interrupt#unmask()}.
   *
   * @param index the interrupt index
   * @param vector the vector, from 0
   * @return the interrupts
   * @throws dev.vflux.vfio.IrqException when the device has no such index or vector
   */
  public Flux<Interrupt> interrupts(IrqIndex index, int vector) {
    return watched(index, vectors.source(index, vector).assembled());
  }

  private Flux<Interrupt> watched(IrqIndex index, Flux<Interrupt> interrupts) {
    return switch (index) {
      case REQ -> requests.takingOver(interrupts);
      case ERR -> errors.takingOver(interrupts);
      case INTX, MSI, MSIX -> interrupts;
    };
  }

  /**
   * Handles a vector's interrupts one at a time: runs the handler's publisher to its end, unmasks
   * the vector where it masks itself (INTx), passes the interrupt on, and only then, and when there
   * is demand, looks for the next. Interrupts that come meanwhile add up. What the handler's
   * publisher emits is ignored; that it completes, also empty, says that the device's interrupt is
   * handled.
   *
   * <p>An error of the handler goes downstream and the line stays masked, as it does when the
   * subscriber cancels while a handler runs: an unhandled level interrupt would fire for ever. The
   * next subscription through this method, for instance by {@code retry()}, unmasks it first.
   *
   * @param index the interrupt index
   * @param vector the vector, from 0
   * @param handler called on the loop with a snapshot
   * @return the handled interrupts, as snapshots, emitted on the loop; otherwise as {@link
   *     #interrupts}
   * @throws dev.vflux.vfio.IrqException when the device has no such index or vector
   */
  public Flux<Interrupt> handle(
      IrqIndex index, int vector, Function<Interrupt, ? extends Publisher<?>> handler) {
    return watched(index, handled(vectors.source(index, vector), handler));
  }

  private Flux<Interrupt> handled(
      InterruptFlux source, Function<Interrupt, ? extends Publisher<?>> handler) {
    Flux<Interrupt> interrupts = source.unmaskedFirst();
    return Flux.defer(
        () -> {
          // concatMap by itself asks for the next as soon as one is handled, wanted or not
          DemandGate gate = new DemandGate();
          return gate.before(interrupts.map(Interrupt::snapshot))
              .concatMap(interrupt -> handled(interrupt, handler), 0)
              .doOnRequest(gate::want);
        });
  }

  private Mono<Interrupt> handled(
      Interrupt interrupt, Function<Interrupt, ? extends Publisher<?>> handler) {
    return Flux.from(handler.apply(interrupt)).then(loop.call(() -> unmasked(interrupt)));
  }

  private static Interrupt unmasked(Interrupt interrupt) {
    interrupt.unmask();
    return interrupt;
  }

  /**
   * Adds something to do before the device is closed: stop the engine, put the core to sleep.
   * {@link #close()} subscribes to the actions on the loop, the last added first, one after the
   * other, each bounded by {@link #QUIESCE_LIMIT}; interrupts and registers still work then.
   *
   * @param name what it does, in words, for errors
   * @param quiesce the action, subscribed once
   * @throws DriverException when closing has begun
   */
  public void onClose(String name, Mono<Void> quiesce) {
    if (!sequence.add(name, quiesce)) {
      throw vectors.closedError("add close action '" + name + "'");
    }
  }

  /**
   * Closes the device, as the kernel's request does, see {@link #releaseRequested()}: quiesce
   * actions in reverse order, then interrupts disabled, then {@code interrupts}, {@code handle} and
   * {@code writes} streams completed and eventfds closed, then DMA unmapped and the device closed.
   * System calls that may take long run on {@code Schedulers.boundedElastic()}, the rest on the
   * loop. All steps are taken, whichever fail. A {@code await} still running ends with {@link
   * dev.vflux.vfio.RegisterAccessException}. Of a device that has gone everything is given back as
   * well; actions that fail because of that are no failures.
   *
   * @return cold, runs once at the first subscription, whoever cancels, and gives every subscriber
   *     the same result: completes, not on the loop, when everything is given back; or fails with
   *     the first step's error, the others suppressed in it, when everything that can be is
   */
  @Override
  public Mono<Void> close() {
    return closing;
  }

  private Mono<Void> closing() {
    return sequence
        .quiesce()
        .then(sequence.attempt(mayBlock(vectors::disable)))
        .then(sequence.attempt(onLoop(this::endStreams)))
        .then(sequence.attempt(mayBlock(this::closeDevice)))
        .then(sequence.outcome());
  }

  private static Mono<Void> mayBlock(Runnable step) {
    return Mono.<Void>fromRunnable(step).subscribeOn(Schedulers.boundedElastic());
  }

  private Mono<Void> onLoop(Runnable step) {
    // a loop that has ended rejects tasks and touches nothing any more
    return loop.<Void>call(
            () -> {
              step.run();
              return null;
            })
        .onErrorResume(RejectedExecutionException.class, ended -> mayBlock(step));
  }

  private void endStreams() {
    ReleaseRequestedException why = sequence.released();
    if (why != null) {
      endStreams(why, index -> false);
    }
    completeStreams();
  }

  private void completeStreams() {
    vectors.release();
    List<ReactiveRegion> watched;
    synchronized (regions) {
      ended = true;
      watched = List.copyOf(regions.values());
    }
    watched.forEach(ReactiveRegion::complete);
    for (Sinks.One<?> told : List.of(gone, releaseRequested, failed)) {
      Sinks.EmitResult unusedResult = told.tryEmitEmpty();
    }
  }

  private void closeDevice() {
    try {
      device.close();
    } finally {
      observed();
      loop.detach(this);
    }
  }

  @Override
  public String toString() {
    return device + " on " + loop;
  }
}
