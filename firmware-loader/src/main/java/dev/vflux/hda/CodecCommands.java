package dev.vflux.hda;

import static dev.vflux.hda.HdaRegisters.CORBRP;
import static dev.vflux.hda.HdaRegisters.CORBWP;
import static dev.vflux.hda.HdaRegisters.GCTL;
import static dev.vflux.hda.HdaRegisters.GCTL_UNSOL;
import static dev.vflux.hda.HdaRegisters.RING_INDEX;
import static dev.vflux.hda.HdaRegisters.RIRBWP;

import dev.vflux.hda.HdaException.Reason;
import dev.vflux.reactive.DriverLoop;
import dev.vflux.reactive.RegisterTimeoutException;
import dev.vflux.vfio.DmaBuffer;
import dev.vflux.vfio.DriverException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;

/**
 * Commands to codecs and their responses, through CORB and RIRB (HDA 1.0a, 4.4). One command is on
 * its way at a time, because a response does not say which one it answers; the others wait in the
 * order in which they were given. A response arrives by the controller's interrupt, so {@link
 * HdaController#interrupts} must have a subscriber; a slow look at RIRBWP notices when that was
 * lost. A command without a response fails, and the rings are restarted before the next, so that a
 * response that comes before that answers nobody.
 *
 * <p>Any thread; results are emitted on the driver loop, after the {@link ServedInterrupt} that
 * brought them.
 */
public final class CodecCommands {

  /** How long a response may take, as in Linux (hdac_controller.c). */
  public static final Duration RESPONSE_LIMIT = Duration.ofSeconds(1);

  /** How many commands may wait for their turn. */
  public static final int MAX_WAITING = 255;

  /** How many unsolicited responses a subscriber may leave untaken. */
  public static final int MAX_UNSOLICITED = 64;

  private static final Duration RESPONSE_LOOK_EVERY = Duration.ofMillis(10);
  private static final Logger LOG = LoggerFactory.getLogger(CodecCommands.class);

  private enum State {
    STOPPED,
    STARTING,
    RUNNING
  }

  private final DriverLoop loop;
  private final RegisterPort bar0;
  private final Runnable serveLost;
  private final CommandRings rings;
  private final UnsolicitedResponses unsolicited;
  private final AtomicInteger lostInterrupts = new AtomicInteger();

  // owned by the loop
  private final Deque<Command> waiting = new ArrayDeque<>();
  private State state = State.STOPPED;
  private @Nullable Command sent;
  private @Nullable DmaScope scope;
  private @Nullable DmaBuffer page;
  private Disposable restart = Disposables.disposed();

  CodecCommands(DriverLoop loop, RegisterPort bar0, Runnable serveLost) {
    this.loop = loop;
    this.bar0 = bar0;
    this.serveLost = serveLost;
    this.rings = new CommandRings(bar0);
    this.unsolicited = new UnsolicitedResponses(loop);
  }

  private static final class Command {
    private final HdaVerb verb;
    private final MonoSink<Integer> sink;
    private Disposable looks = Disposables.disposed();
    private long sentAt;
    private boolean seen;

    Command(HdaVerb verb, MonoSink<Integer> sink) {
      this.verb = verb;
      this.sink = sink;
    }
  }

  /** Where the rings may have their page, from now until {@link #forgetRings}. */
  void memory(DmaScope memory) {
    scope = memory;
  }

  /** The controller was reset or its memory given back: nothing runs any more. */
  void forgetRings() {
    end();
    scope = null;
    page = null;
  }

  /**
   * Sets up and starts both rings and lets codecs speak without being asked. After {@link
   * HdaController#initChip}.
   *
   * @return cold; completes when the rings run, at once when they do or are about to; {@link
   *     RegisterTimeoutException} when the DMA does not stop or CORBRP is not reset, {@link
   *     HdaException} when the controller offers no ring size
   */
  public Mono<Void> start() {
    return onLoop(
        Mono.defer(
            () -> {
              if (state != State.STOPPED) {
                return Mono.empty();
              }
              state = State.STARTING;
              return ringPage()
                  .flatMap(rings::start)
                  .then(Mono.defer(this::started))
                  .doOnError(this::abandon)
                  .doOnCancel(() -> run(() -> abandon(stopped("starting was given up"))));
            }));
  }

  private Mono<Void> started() {
    if (state != State.STARTING) {
      return rings.stop().then(Mono.error(stopped("the rings were stopped")));
    }
    bar0.set(GCTL, GCTL_UNSOL);
    state = State.RUNNING;
    sendNext();
    return Mono.empty();
  }

  private Mono<DmaBuffer> ringPage() {
    DmaScope memory = scope;
    DmaBuffer known = page;
    if (memory == null) {
      return Mono.error(stopped("the controller is not initialised"));
    }
    return known != null
        ? Mono.just(known)
        : memory
            .offLoop(() -> memory.allocate("CORB and RIRB", CommandRings.BYTES))
            .doOnNext(allocated -> page = allocated);
  }

  /**
   * Stops both rings. Commands that wait fail, and {@link #unsolicited()} completes.
   *
   * @return cold; completes when neither ring's DMA runs, at once when they were not started;
   *     {@link RegisterTimeoutException} when one goes on
   */
  public Mono<Void> stop() {
    return onLoop(
        Mono.defer(
            () -> {
              if (state == State.STOPPED) {
                return Mono.empty();
              }
              end();
              bar0.clear(GCTL, GCTL_UNSOL);
              return rings.stop();
            }));
  }

  private <T> Mono<T> onLoop(Mono<T> work) {
    return Mono.defer(() -> loop.inEventLoop() ? work : work.subscribeOn(loop.scheduler()));
  }

  private void end() {
    boolean ran = state != State.STOPPED;
    state = State.STOPPED;
    restart.dispose();
    failAll(stopped("the rings were stopped"));
    if (ran) {
      unsolicited.complete();
    }
  }

  /**
   * Sends a command and waits for the codec's response.
   *
   * @param verb the command
   * @return cold, each subscription sends it; the response; or {@link HdaException} when there is
   *     none within {@link #RESPONSE_LIMIT} of being sent, when the controller cannot fetch it,
   *     when {@link #MAX_WAITING} commands wait, or when the rings do not run; {@link
   *     DeviceGoneException} when the device is gone. Cancelling takes back a command that waits;
   *     of one that is on its way the response is dropped
   */
  public Mono<Integer> verb(HdaVerb verb) {
    return Mono.create(
        sink -> {
          Command command = new Command(verb, sink);
          run(() -> submit(command));
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

  private void takeBack(Command command) {
    try {
      run(() -> waiting.remove(command));
    } catch (RejectedExecutionException loopEnded) {
      LOG.debug("{} taken back after its loop ended", command.verb);
    }
  }

  private void submit(Command command) {
    if (state == State.STOPPED) {
      command.sink.error(stopped("the rings do not run"));
    } else if (waiting.size() >= MAX_WAITING) {
      command.sink.error(
          new HdaException(
              Reason.TOO_MANY_COMMANDS,
              "send " + command.verb,
              bar0.device(),
              MAX_WAITING + " commands wait",
              "send the next when one was answered"));
    } else {
      waiting.add(command);
      sendNext();
    }
  }

  private void sendNext() {
    if (state != State.RUNNING || sent != null) {
      return;
    }
    Command next = waiting.poll();
    if (next == null) {
      return;
    }
    try {
      // what is there before the command is sent does not answer it
      int unusedStale = rings.drain(this::received);
      sent = next;
      next.sentAt = now();
      rings.put(next.verb.word());
      next.looks =
          Flux.interval(RESPONSE_LOOK_EVERY, loop.scheduler())
              .subscribe(tick -> look(next), failed -> broken(next, failed));
    } catch (DriverException unreachable) {
      sent = next;
      broken(next, unreachable);
    }
  }

  private long now() {
    return loop.scheduler().now(TimeUnit.NANOSECONDS);
  }

  // there for the first time: its interrupt may be on the way
  private void look(Command command) {
    if (sent != command) {
      return;
    }
    boolean atLimit = now() - command.sentAt >= RESPONSE_LIMIT.toNanos();
    boolean there = rings.pending();
    if (there && (command.seen || atLimit)) {
      int unusedCount = lostInterrupts.incrementAndGet();
      serveLost.run();
      // INTSTS need not show what RIRBWP does
      int unusedTaken = serve(false);
    }
    command.seen = there;
    if (atLimit && sent == command) {
      restartAfter(noResponse(command));
    }
  }

  private HdaException noResponse(Command command) {
    int pointer = bar0.read(RIRBWP);
    HdaException error =
        new HdaException(
            Reason.NO_RESPONSE,
            "send " + command.verb,
            bar0.device(),
            "no response within %s: CORBWP %d, CORBRP %d, RIRBWP %d"
                .formatted(
                    RESPONSE_LIMIT,
                    bar0.read(CORBWP) & RING_INDEX,
                    bar0.read(CORBRP) & RING_INDEX,
                    pointer & RING_INDEX),
            "is there a codec at this address (STATESTS), and is bus mastering on?");
    Throwable unusedSelf =
        error.initCause(
            new RegisterTimeoutException(
                bar0.device(), RIRBWP, RING_INDEX, rings.next(), pointer, RESPONSE_LIMIT));
    return error;
  }

  /**
   * Takes what has arrived; the status bits were cleared before.
   *
   * @param fetchFailed whether the controller could not read CORB
   * @return how many responses there were
   */
  int serve(boolean fetchFailed) {
    if (state != State.RUNNING) {
      return 0;
    }
    if (fetchFailed) {
      restartAfter(
          new HdaException(
              Reason.COMMAND_NOT_FETCHED,
              "fetch a command",
              bar0.device(),
              "memory error (CORBSTS.CMEI)",
              "the controller could not read CORB: see the IOMMU's faults"));
      return 0;
    }
    try {
      return rings.drain(this::received);
    } catch (HdaException nonsense) {
      restartAfter(nonsense);
      return 0;
    }
  }

  private void received(int codec, int response, boolean unasked) {
    Command command = sent;
    if (unasked) {
      unsolicited.tell(new UnsolicitedResponse(codec, response));
    } else if (command == null || command.verb.codec() != codec) {
      LOG.warn(
          "{}: response 0x{} of codec {} answers no command",
          bar0.device(),
          Integer.toHexString(response),
          codec);
    } else {
      sent = null;
      command.looks.dispose();
      // whoever waits goes on when the interrupt was told
      loop.execute(
          () -> {
            command.sink.success(response);
            sendNext();
          });
    }
  }

  // what is late from before the restart is not in the rings after it
  private void restartAfter(HdaException error) {
    Command failed = sent;
    sent = null;
    state = State.STARTING;
    DmaBuffer memory = page;
    if (memory == null) {
      throw new IllegalStateException("rings without memory run");
    }
    restart =
        rings
            .start(memory)
            .then(Mono.defer(this::started))
            .subscribe(unusedNothing -> {}, this::abandon);
    if (failed != null) {
      failed.looks.dispose();
      failed.sink.error(error);
    }
  }

  private void broken(Command command, Throwable error) {
    if (sent == command) {
      if (error instanceof HdaException nonsense) {
        restartAfter(nonsense);
      } else {
        abandon(error);
      }
    }
  }

  private void abandon(Throwable error) {
    state = State.STOPPED;
    failAll(error);
  }

  private void failAll(Throwable error) {
    List<Command> failed = new ArrayList<>(waiting);
    waiting.clear();
    Command first = sent;
    sent = null;
    if (first != null) {
      first.looks.dispose();
      failed.add(0, first);
    }
    failed.forEach(command -> command.sink.error(error));
  }

  private HdaException stopped(String answer) {
    return new HdaException(
        Reason.COMMANDS_STOPPED,
        "send commands to codecs",
        bar0.device(),
        answer,
        "initialise the controller, then start() its commands");
  }

  /**
   * What codecs send without being asked, from the moment of subscription. Hot, for any number of
   * subscribers; emitted on the driver loop. Completes when the rings are stopped or the controller
   * is reset. A subscriber that leaves {@link #MAX_UNSOLICITED} of them untaken ends with an
   * overflow error; commands and other subscribers are not affected.
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
    return lostInterrupts.get();
  }
}
