package dev.vflux.audio;

import dev.vflux.audio.AudioException.Reason;
import dev.vflux.hda.CleanUp;
import dev.vflux.hda.DmaScope;
import dev.vflux.hda.HdaController;
import dev.vflux.hda.HdaException;
import dev.vflux.hda.HdaStream;
import dev.vflux.hda.SetUp;
import dev.vflux.hda.StreamDirection;
import dev.vflux.hda.StreamListener;
import dev.vflux.vfio.DriverException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;

/**
 * One stream from set-up to tear-down, and how many periods its DMA has finished. Interrupts say
 * when to look, the position register says how far it is, and the controller's wall clock shows
 * rounds of the ring that the position cannot. A slow look notices lost interrupts, and a DMA that
 * stands still. Driver loop only.
 */
final class PcmStream implements StreamListener {

  /** How long the position may stand still, by the device's own clock; at least four periods. */
  static final Duration STALL_LIMIT = Duration.ofMillis(500);

  private static final Duration SHORTEST_LOOK = Duration.ofMillis(20);
  private static final int STALL_PERIODS = 4;
  private static final long NANOS_PER_SECOND = 1_000_000_000L;

  /** Who has the samples. */
  interface Client {
    /** The DMA has finished so many periods since the start; more than it was told before. */
    void elapsed(long periods);

    /** The stream cannot go on. */
    void failed(Throwable error);
  }

  private final PcmPath path;
  private final StreamDirection direction;
  private final StreamSettings settings;
  private final Client client;
  private final SetUp setUp;
  private final Scheduler scheduler;
  private final int ringBytes;
  private final long periodNanos;
  private final long stallNanos;
  private PcmPath.@Nullable Leg leg;
  private @Nullable HdaStream stream;
  private @Nullable PcmRing ring;
  private @Nullable DmaScope memory;
  private @Nullable Mono<Void> down;
  private final Sinks.Empty<Void> ending = Sinks.empty();
  private Disposable looks = Disposables.disposed();
  private boolean started;
  private boolean running;
  private boolean halted = true;
  private boolean waiting;
  private boolean mustMove;
  private boolean seen;
  private long toldBefore;
  private long lastPosition;
  private long lastWall;
  private long movedAt;
  private long moved;
  private long periods;
  private long interrupts;
  private long interruptedAt;
  private long lostInterrupts;
  private long fifoErrors;

  /** Touches no register. */
  PcmStream(PcmPath path, StreamDirection direction, StreamSettings settings, Client client) {
    this.path = path;
    this.direction = direction;
    this.settings = settings;
    this.client = client;
    this.scheduler = path.loop().scheduler();
    this.ringBytes = settings.bufferBytes();
    this.periodNanos = settings.period().toNanos();
    this.stallNanos = Math.max(STALL_LIMIT.toNanos(), STALL_PERIODS * periodNanos);
    this.setUp =
        SetUp.of(
            direction + " of " + path.name(),
            steps(),
            () -> leg().steps(stream()).stream().map(this::whileAlive).toList(),
            path::step);
  }

  private HdaController hda() {
    return path.hda();
  }

  private HdaStream stream() {
    return Objects.requireNonNull(stream);
  }

  /** Its way; chosen when it is built. */
  PcmPath.Leg leg() {
    return Objects.requireNonNull(leg);
  }

  PcmRing ring() {
    return Objects.requireNonNull(ring);
  }

  private List<SetUp.Step> steps() {
    List<SetUp.Step> steps = new ArrayList<>();
    steps.add(
        SetUp.Step.of(
            "open a stream",
            () -> stream = hda().openStream(direction),
            () -> ifAlive(() -> stream().close())));
    steps.add(
        new SetUp.Step(
            "allocate its ring", Mono.defer(this::allocate), Mono.defer(this::freeMemory)));
    steps.add(
        new SetUp.Step("program the stream", Mono.defer(this::program), whileAlive(this::halt)));
    return steps;
  }

  // of a device that is gone there is nothing to take back
  private SetUp.Step whileAlive(SetUp.Step step) {
    return new SetUp.Step(step.name(), step.action(), whileAlive(step::undo));
  }

  private Mono<Void> allocate() {
    DmaScope scope = path.newScope();
    memory = scope;
    String owner = direction + " ring";
    return scope
        .offLoop(() -> PcmRing.allocate(scope, owner, settings))
        .doOnNext(allocated -> ring = allocated)
        .then()
        .onErrorResume(failed -> scope.close().then(Mono.error(failed)));
  }

  private Mono<Void> freeMemory() {
    DmaScope scope = Objects.requireNonNull(memory);
    if (!halted && hda().alive()) {
      path.orphaned(scope);
      return Mono.empty();
    }
    return scope.close();
  }

  private Mono<Void> program() {
    halted = false;
    PcmRing memoryRing = ring();
    HdaStream open = stream();
    open.listen(this);
    return open.prepare(
        leg().route(), leg().streamFormat(), memoryRing.list(), memoryRing.listMemory());
  }

  private Mono<Void> halt() {
    return stream().unprepare().then(Mono.fromRunnable(() -> halted = true));
  }

  private Mono<Void> whileAlive(Supplier<Mono<Void>> step) {
    return Mono.defer(() -> hda().alive() ? step.get() : Mono.empty());
  }

  private void ifAlive(Runnable step) {
    if (hda().alive()) {
      step.run();
    }
  }

  /** Builds all that the stream needs; whatever ends that takes it back. */
  Mono<Void> build() {
    return path.settled()
        .then(
            Mono.defer(
                () -> {
                  leg = path.leg(direction, settings);
                  path.opened(this);
                  return setUp.build();
                }))
        .doOnError(failed -> path.closed(this));
  }

  /** Runs it, unless it is taken down meanwhile; position and periods count from 0. */
  Mono<Void> start() {
    return Mono.defer(
            () -> {
              begin();
              return leg().start(stream(), run());
            })
        .takeUntilOther(ending.asMono())
        .doOnSuccess(unusedNothing -> mustMove());
  }

  // not before: a group may take its time, and so may the firmware
  private void mustMove() {
    if (running) {
      movedAt = hda().wallClock();
      mustMove = true;
    }
  }

  private Mono<Void> run() {
    return Mono.defer(
        () -> {
          // what came before may have taken its time
          moveFrom(hda().wallClock());
          return settings
              .startWith()
              .map(group -> group.start(hda(), stream()))
              .orElseGet(stream()::start);
        });
  }

  // until it has moved it may wait, for others of its group or for the firmware
  private void moveFrom(long wall) {
    waiting = true;
    lastWall = wall;
    movedAt = wall;
  }

  private void begin() {
    started = true;
    running = true;
    moveFrom(hda().wallClock());
    long nanos = Math.max(SHORTEST_LOOK.toNanos(), 2 * periodNanos);
    looks = scheduler.schedulePeriodically(this::lookForLost, nanos, nanos, TimeUnit.NANOSECONDS);
  }

  Mono<Void> pause() {
    return Mono.defer(() -> leg().pause(stream()))
        .then(
            Mono.fromRunnable(
                () -> {
                  running = false;
                  advance();
                }));
  }

  Mono<Void> resume() {
    return Mono.defer(
        () -> {
          moveFrom(hda().wallClock());
          running = true;
          mustMove = false;
          return leg().resume(stream()).doOnSuccess(unusedNothing -> mustMove());
        });
  }

  /** Whether it is being taken down. */
  boolean ending() {
    return down != null;
  }

  /** Stops it and takes everything back, once; all steps are taken, whichever fail. */
  Mono<Void> tearDown() {
    return Mono.defer(
        () -> {
          Mono<Void> under = down;
          if (under == null) {
            running = false;
            looks.dispose();
            Sinks.EmitResult unusedOnce = ending.tryEmitEmpty();
            under =
                CleanUp.inOrder(List.of(whileAlive(this::stop), setUp.undo()))
                    .doOnTerminate(() -> path.closed(this))
                    .cache();
            down = under;
          }
          return under;
        });
  }

  private Mono<Void> stop() {
    return started ? leg().stop(stream()) : Mono.empty();
  }

  @Override
  public void completed() {
    if (!running) {
      return;
    }
    interrupts++;
    boolean unusedNew = advance();
    boolean told = periods > interruptedAt;
    interruptedAt = periods;
    if (!told) {
      // the register can lag behind the interrupt
      Disposable unusedLook = scheduler.schedule(this::look, periodNanos / 8, TimeUnit.NANOSECONDS);
    }
  }

  /** Tells the client of periods that are finished by now, interrupt or not. */
  void look() {
    try {
      if (running) {
        boolean unusedPeriods = advance();
      }
    } catch (DriverException gone) {
      fail(gone);
    }
  }

  @Override
  public void starved() {
    fifoErrors++;
  }

  @Override
  public void failed() {
    fail(
        new AudioException(
            Reason.DESCRIPTOR_ERROR,
            "run " + direction,
            path.name(),
            "SDxSTS.DESE: the DMA stopped at byte " + lastPosition + " of its ring",
            "see the IOMMU's faults; the next stream is programmed anew"));
  }

  @Override
  public void ended(HdaException error) {
    fail(error);
  }

  /** The stream cannot go on, as something else has found. */
  void fail(Throwable error) {
    if (down == null) {
      running = false;
      client.failed(error);
    }
  }

  private void lookForLost() {
    try {
      if (!running) {
        return;
      }
      boolean pending = stream().status() != 0;
      long told = interrupts + fifoErrors;
      if (pending && seen && told == toldBefore) {
        lostInterrupts++;
        hda().serveLost();
      } else if (!pending) {
        checkMoving();
      }
      seen = pending;
      toldBefore = told;
    } catch (DriverException gone) {
      fail(gone);
    }
  }

  private void checkMoving() {
    boolean unusedPeriods = advance();
    long stood = HdaController.wallClockNanos(movedAt, hda().wallClock());
    if (running && mustMove && stood > stallNanos) {
      fail(
          new AudioException(
              Reason.STALLED,
              "run " + direction,
              path.name(),
              "%s is at byte %d of %d for more than %d ms"
                  .formatted(stream(), lastPosition, ringBytes, stallNanos / 1_000_000),
              "is bus mastering on, and does the DSP's pipeline run?"));
    }
  }

  // how far the DMA is; true when that is another period
  private boolean advance() {
    long wall = hda().wallClock();
    long position = stream().position() % ringBytes;
    long bytes = position - lastPosition;
    if (bytes < 0) {
      bytes += ringBytes;
    }
    waiting &= bytes == 0;
    bytes += waiting ? 0 : hiddenRounds(expected(wall) - bytes) * ringBytes;
    if (bytes > 0) {
      movedAt = wall;
    }
    lastWall = wall;
    lastPosition = position;
    moved += bytes;
    long finished = moved / settings.periodBytes();
    if (finished == periods) {
      return false;
    }
    periods = finished;
    client.elapsed(finished);
    return true;
  }

  // The DMA goes by the clock: what its position does not show is whole rounds. Anything else means
  // that it was held, as an emulated one is while its emulator gets no processor: nothing is
  // hidden.
  private long hiddenRounds(long missing) {
    long rounds = (missing + ringBytes / 2) / ringBytes;
    boolean whole = Math.abs(missing - rounds * ringBytes) <= settings.periodBytes();
    return whole ? Math.max(0, rounds) : 0;
  }

  // what the time since the last look is worth
  private long expected(long wall) {
    PcmFormat format = settings.format();
    long nanos = HdaController.wallClockNanos(lastWall, wall);
    return nanos * format.rate() / NANOS_PER_SECOND * format.frameBytes();
  }

  long periods() {
    return periods;
  }

  long interrupts() {
    return interrupts;
  }

  long lostInterrupts() {
    return lostInterrupts;
  }

  long fifoErrors() {
    return fifoErrors;
  }

  /** Periods that may lie between memory and link. */
  long tailPeriods() {
    return 1 + leg().tail().dividedBy(settings.period());
  }

  /** Where it is now, given the bytes the host has written or taken. */
  PcmPosition position(long hostBytes) {
    look();
    PcmFormat format = settings.format();
    int frame = format.frameBytes();
    long link = started ? leg().linkBytes(stream(), moved) : 0;
    long apart = direction == StreamDirection.PLAYBACK ? hostBytes - link : link - hostBytes;
    return new PcmPosition(
        moved / frame,
        link / frame,
        hostBytes / frame,
        format.duration(Math.max(0, apart / frame)));
  }

  @Override
  public String toString() {
    return direction + " of " + path.name() + ", " + settings;
  }
}
