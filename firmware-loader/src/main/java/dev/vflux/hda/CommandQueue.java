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
import dev.vflux.vfio.DriverException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
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

/** The commands that wait, and the one that is on its way. Driver loop only. */
final class CommandQueue {

  private static final Duration RESPONSE_LOOK_EVERY = Duration.ofMillis(10);
  private static final Logger LOG = LoggerFactory.getLogger(CommandQueue.class);

  private enum State {
    STOPPED,
    STARTING,
    RUNNING
  }

  /** A verb somebody wants answered. */
  static final class Command {
    private final HdaVerb verb;
    private final MonoSink<Integer> sink;
    private Disposable wait = Disposables.disposed();
    private long sentAt;
    private boolean seen;

    Command(HdaVerb verb, MonoSink<Integer> sink) {
      this.verb = verb;
      this.sink = sink;
    }
  }

  private final DriverLoop loop;
  private final RegisterPort bar0;
  private final CommandRings rings;
  private final ImmediateCommands registers;
  private final UnsolicitedResponses unsolicited;
  private final Runnable serveLost;
  private final AtomicInteger lostInterrupts = new AtomicInteger();
  private final Deque<Command> waiting = new ArrayDeque<>();
  private State state = State.STOPPED;
  private boolean immediate;
  private @Nullable Command sent;
  private Disposable restart = Disposables.disposed();

  CommandQueue(
      DriverLoop loop,
      RegisterPort bar0,
      CommandRings rings,
      ImmediateCommands registers,
      UnsolicitedResponses unsolicited,
      Runnable serveLost) {
    this.loop = loop;
    this.bar0 = bar0;
    this.rings = rings;
    this.registers = registers;
    this.unsolicited = unsolicited;
    this.serveLost = serveLost;
  }

  boolean isStopped() {
    return state == State.STOPPED;
  }

  boolean isImmediate() {
    return immediate;
  }

  /** The rings are being started; commands wait. */
  void starting() {
    state = State.STARTING;
    immediate = false;
  }

  /** The rings run; unless somebody has stopped them meanwhile. */
  Mono<Void> started() {
    if (state != State.STARTING) {
      return rings.stop().then(Mono.error(stopped("the rings were stopped")));
    }
    bar0.set(GCTL, GCTL_UNSOL);
    state = State.RUNNING;
    sendNext();
    return Mono.empty();
  }

  /** Commands go through registers; unless somebody has stopped them meanwhile. */
  Mono<Void> startedImmediate() {
    if (state != State.STARTING) {
      return Mono.error(stopped("the rings were stopped"));
    }
    bar0.clear(GCTL, GCTL_UNSOL);
    immediate = true;
    state = State.RUNNING;
    sendNext();
    return Mono.empty();
  }

  /** The rings were stopped, or the controller reset. */
  void end() {
    boolean ran = state != State.STOPPED;
    restart.dispose();
    abandon(stopped("the rings were stopped"));
    if (ran) {
      unsolicited.complete();
    }
  }

  void takeBack(Command command) {
    boolean unusedWaited = waiting.remove(command);
  }

  int lostInterrupts() {
    return lostInterrupts.get();
  }

  void submit(Command command) {
    if (state == State.STOPPED) {
      command.sink.error(stopped("the rings do not run"));
    } else if (waiting.size() >= CodecCommands.MAX_WAITING) {
      command.sink.error(
          new HdaException(
              Reason.TOO_MANY_COMMANDS,
              "send " + command.verb,
              bar0.device(),
              CodecCommands.MAX_WAITING + " commands wait",
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
    if (immediate) {
      sendThroughRegisters(next);
      return;
    }
    try {
      // what is there before the command is sent does not answer it
      int unusedStale = rings.drain(this::received);
      sent = next;
      next.sentAt = now();
      rings.put(next.verb.word());
      next.wait =
          Flux.interval(RESPONSE_LOOK_EVERY, loop.scheduler())
              .subscribe(tick -> look(next), failed -> broken(next, failed));
    } catch (DriverException unreachable) {
      sent = next;
      broken(next, unreachable);
    }
  }

  private void sendThroughRegisters(Command next) {
    sent = next;
    next.wait =
        registers
            .ask(next.verb)
            .subscribe(response -> answered(next, response), failed -> unanswered(next, failed));
  }

  private void unanswered(Command command, Throwable error) {
    if (!(error instanceof HdaException)) {
      abandon(error);
      return;
    }
    sent = null;
    loop.execute(() -> command.sink.error(error));
    loop.execute(this::sendNext);
  }

  private long now() {
    return loop.scheduler().now(TimeUnit.NANOSECONDS);
  }

  // there for the first time: its interrupt may be on the way
  private void look(Command command) {
    if (sent != command) {
      return;
    }
    boolean atLimit = now() - command.sentAt >= CodecCommands.RESPONSE_LIMIT.toNanos();
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
                    CodecCommands.RESPONSE_LIMIT,
                    bar0.read(CORBWP) & RING_INDEX,
                    bar0.read(CORBRP) & RING_INDEX,
                    pointer & RING_INDEX),
            "is there a codec at this address (STATESTS), and is bus mastering on?");
    Throwable unusedSelf =
        error.initCause(
            new RegisterTimeoutException(
                bar0.device(),
                RIRBWP,
                RING_INDEX,
                rings.next(),
                pointer,
                CodecCommands.RESPONSE_LIMIT));
    return error;
  }

  /**
   * Takes what has arrived; the status bits were cleared before.
   *
   * @param fetchFailed whether the controller could not read CORB
   * @return how many responses there were
   */
  int serve(boolean fetchFailed) {
    if (state != State.RUNNING || immediate) {
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
      answered(command, response);
    }
  }

  private void answered(Command command, int response) {
    sent = null;
    command.wait.dispose();
    // whoever waits goes on when the interrupt was told; what they throw is theirs
    loop.execute(() -> command.sink.success(response));
    loop.execute(this::sendNext);
  }

  // what is late from before the restart is not in the rings after it
  private void restartAfter(HdaException error) {
    Command failed = sent;
    sent = null;
    state = State.STARTING;
    restart =
        rings
            .restart()
            .then(Mono.defer(this::started))
            .subscribe(unusedNothing -> {}, this::abandon);
    if (failed != null) {
      failed.wait.dispose();
      loop.execute(() -> failed.sink.error(error));
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

  /** Nothing can be sent any more. */
  void abandon(Throwable error) {
    state = State.STOPPED;
    immediate = false;
    failAll(error);
  }

  private void failAll(Throwable error) {
    List<Command> failed = new ArrayList<>(waiting);
    waiting.clear();
    Command first = sent;
    sent = null;
    if (first != null) {
      first.wait.dispose();
      failed.add(0, first);
    }
    failed.forEach(command -> loop.execute(() -> command.sink.error(error)));
  }

  HdaException stopped(String answer) {
    return new HdaException(
        Reason.COMMANDS_STOPPED,
        "send commands to codecs",
        bar0.device(),
        answer,
        "initialise the controller, then start() its commands");
  }
}
