package dev.vflux.hda;

import static dev.vflux.hda.HdaRegisters.GCTL;
import static dev.vflux.hda.HdaRegisters.GCTL_UNSOL;

import dev.vflux.hda.HdaException.Reason;
import dev.vflux.reactive.DriverLoop;
import dev.vflux.reactive.RegisterTimeoutException;
import dev.vflux.vfio.DeviceGoneException;
import dev.vflux.vfio.DmaBuffer;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Commands to codecs and their responses, through CORB and RIRB (HDA 1.0a, 4.4). One command is on
 * its way at a time, because a response does not say which one it answers; the others wait in the
 * order in which they were given. A response arrives by the controller's interrupt, so {@link
 * HdaController#interrupts} must have a subscriber; a slow look at RIRBWP notices when that was
 * lost. A command without a response fails, and the rings are restarted before the next, so that a
 * response that comes before that answers nobody. Where the rings cannot be used, commands go
 * through registers: {@link #startImmediate}.
 *
 * <p>Any thread; results are emitted on the driver loop, after the {@link ServedInterrupt} that
 * brought them.
 */
public final class CodecCommands {

  /** How long a response may take, as in Linux (hdac_controller.c). */
  public static final Duration RESPONSE_LIMIT = Duration.ofSeconds(1);

  /**
   * How long a response may take where commands go through registers. It needs two frames of the
   * link, 42 us; the rest is for devices that another process serves.
   */
  public static final Duration IMMEDIATE_LIMIT = Duration.ofMillis(100);

  /** How many commands may wait for their turn. */
  public static final int MAX_WAITING = 255;

  /** How many unsolicited responses a subscriber may leave untaken. */
  public static final int MAX_UNSOLICITED = 64;

  private static final Logger LOG = LoggerFactory.getLogger(CodecCommands.class);

  private final DriverLoop loop;
  private final RegisterPort bar0;
  private final CommandRings rings;
  private final ImmediateCommands immediate;
  private final UnsolicitedResponses unsolicited;
  private final CommandQueue queue;

  // owned by the loop
  private @Nullable DmaScope scope;
  private @Nullable DmaBuffer page;
  private int codecs;

  CodecCommands(DriverLoop loop, RegisterPort bar0, Runnable serveLost) {
    this.loop = loop;
    this.bar0 = bar0;
    this.rings = new CommandRings(bar0);
    this.unsolicited = new UnsolicitedResponses(loop);
    this.immediate = new ImmediateCommands(bar0);
    this.queue = new CommandQueue(loop, bar0, rings, immediate, unsolicited, serveLost);
  }

  /**
   * Commands may be started, until {@link #forgetRings}.
   *
   * @param memory where the rings may have their page
   * @param reported the codecs that reported themselves, a bit for each address
   */
  void initialised(DmaScope memory, int reported) {
    scope = memory;
    codecs = reported;
  }

  /** The controller was reset or its memory given back: nothing runs any more. */
  void forgetRings() {
    queue.end();
    scope = null;
    page = null;
  }

  /**
   * Sets up and starts both rings and lets codecs speak without being asked. After {@link
   * HdaController#initChip}. Where the rings cannot be started, commands go through registers as
   * after {@link #startImmediate}, if a codec that has reported itself answers there.
   *
   * @return cold; completes when commands can be sent, at once when they can or are about to;
   *     {@link RegisterTimeoutException} when the DMA does not stop or CORBRP is not reset, {@link
   *     HdaException} when the controller offers no ring size; the error of the other attempt is
   *     suppressed in it
   */
  public Mono<Void> start() {
    return starting(
        () ->
            ringPage()
                .flatMap(rings::start)
                .then(Mono.defer(queue::started))
                .onErrorResume(CodecCommands::ringsRefused, this::withoutRings));
  }

  /**
   * Lets commands go through the immediate command registers IC, IR and IRS (HDA 1.0a, 3.4) instead
   * of rings in memory: for controllers whose rings do not work, and without their DMA and
   * interrupt. Each response is waited for by reading IRS, {@link #IMMEDIATE_LIMIT} at most. There
   * are no unsolicited responses then: {@link #unsolicited} emits nothing. Controllers need not
   * have these registers; where they are missing, no command is answered. After {@link
   * HdaController#initChip}.
   *
   * @return cold; completes when commands can be sent, at once when they can or are about to, be it
   *     through the rings; {@link HdaException} when the controller is not initialised, {@link
   *     RegisterTimeoutException} when rings that ran before do not stop
   */
  public Mono<Void> startImmediate() {
    return starting(
        () ->
            scope == null
                ? Mono.error(notInitialised())
                : rings.stop().then(Mono.defer(queue::startedImmediate)));
  }

  /**
   * Whether commands go through registers instead of rings. Driver loop only.
   *
   * @return true after {@link #startImmediate}, and after {@link #start} where the rings could not
   *     be started
   */
  public boolean isImmediate() {
    return queue.isImmediate();
  }

  private Mono<Void> starting(Supplier<Mono<Void>> way) {
    return onLoop(
        Mono.defer(
            () -> {
              if (!queue.isStopped()) {
                return Mono.empty();
              }
              queue.starting();
              return way.get().doOnError(queue::abandon).doOnCancel(() -> run(this::givenUp));
            }));
  }

  private static boolean ringsRefused(Throwable error) {
    return error instanceof RegisterTimeoutException
        || (error instanceof HdaException refused && refused.reason() == Reason.BAD_RING);
  }

  private Mono<Void> withoutRings(Throwable refused) {
    int first = Integer.numberOfTrailingZeros(codecs);
    if (codecs == 0) {
      return Mono.error(refused);
    }
    return rings
        .stop()
        .then(immediate.ask(HdaVerb.getParameter(first, 0, HdaVerb.PARAMETER_VENDOR_ID)))
        .then(Mono.defer(queue::startedImmediate))
        .doOnSuccess(
            unusedNothing ->
                LOG.warn(
                    "{}: commands go through registers: {}", bar0.device(), refused.toString()))
        .onErrorMap(
            neither -> {
              refused.addSuppressed(neither);
              return refused;
            });
  }

  private HdaException notInitialised() {
    return queue.stopped("the controller is not initialised");
  }

  private void givenUp() {
    queue.abandon(queue.stopped("starting was given up"));
  }

  private Mono<DmaBuffer> ringPage() {
    DmaScope memory = scope;
    DmaBuffer known = page;
    if (memory == null) {
      return Mono.error(notInitialised());
    }
    return known != null
        ? Mono.just(known)
        : memory
            .offLoop(() -> memory.allocate("CORB and RIRB", CommandRings.BYTES))
            .doOnNext(allocated -> page = allocated);
  }

  /**
   * Stops both rings, or sending through registers. Commands that wait fail, and {@link
   * #unsolicited()} completes.
   *
   * @return cold; completes when neither ring's DMA runs, at once when they were not started;
   *     {@link RegisterTimeoutException} when one goes on
   */
  public Mono<Void> stop() {
    return onLoop(
        Mono.defer(
            () -> {
              if (queue.isStopped()) {
                return Mono.empty();
              }
              boolean ringsRun = !queue.isImmediate();
              queue.end();
              bar0.clear(GCTL, GCTL_UNSOL);
              return ringsRun ? rings.stop() : Mono.empty();
            }));
  }

  private <T> Mono<T> onLoop(Mono<T> work) {
    return Mono.defer(() -> loop.inEventLoop() ? work : work.subscribeOn(loop.scheduler()));
  }

  /** The device's name, for errors. */
  String device() {
    return bar0.device();
  }

  /** Where responses are emitted. */
  Scheduler scheduler() {
    return loop.scheduler();
  }

  /**
   * Takes what has arrived; the status bits were cleared before.
   *
   * @param fetchFailed whether the controller could not read CORB
   * @return how many responses there were
   */
  int serve(boolean fetchFailed) {
    return queue.serve(fetchFailed);
  }

  /**
   * Sends a command and waits for the codec's response.
   *
   * @param verb the command
   * @return cold, each subscription sends it; the response; or {@link HdaException} when there is
   *     none within {@link #RESPONSE_LIMIT} of being sent (through registers: {@link
   *     #IMMEDIATE_LIMIT}), when the controller cannot fetch it, when {@link #MAX_WAITING} commands
   *     wait, or when the rings do not run; {@link DeviceGoneException} when the device is gone.
   *     Cancelling takes back a command that waits; of one that is on its way the response is
   *     dropped
   */
  public Mono<Integer> verb(HdaVerb verb) {
    return Mono.create(
        sink -> {
          CommandQueue.Command command = new CommandQueue.Command(verb, sink);
          run(() -> queue.submit(command));
          sink.onCancel(() -> takeBack(command));
        });
  }

  private void run(Runnable task) {
    if (loop.inEventLoop()) {
      task.run();
    } else {
      loop.execute(task);
    }
  }

  private void takeBack(CommandQueue.Command command) {
    try {
      run(() -> queue.takeBack(command));
    } catch (RejectedExecutionException loopEnded) {
      LOG.debug("a command was taken back after its loop had ended");
    }
  }

  /**
   * What codecs send without being asked, from the moment of subscription. Hot, for any number of
   * subscribers; emitted on the driver loop. Completes when the rings are stopped or the controller
   * is reset. A subscriber that leaves {@link #MAX_UNSOLICITED} of them untaken ends with an
   * overflow error; commands and other subscribers are not affected. None come while commands go
   * through registers.
   *
   * @return the responses, in the order in which they arrived
   */
  public Flux<UnsolicitedResponse> unsolicited() {
    return unsolicited.flux(MAX_UNSOLICITED);
  }

  /**
   * How many responses were found by looking at RIRBWP because no interrupt came.
   *
   * @return a count since the device was opened
   */
  public int lostInterrupts() {
    return queue.lostInterrupts();
  }
}
