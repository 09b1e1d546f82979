package dev.vflux.hda;

import static dev.vflux.hda.HdaRegisters.GCTL;
import static dev.vflux.hda.HdaRegisters.GCTL_UNSOL;

import dev.vflux.reactive.DriverLoop;
import dev.vflux.reactive.RegisterTimeoutException;
import dev.vflux.vfio.DeviceGoneException;
import dev.vflux.vfio.DmaBuffer;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

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

  private static final Logger LOG = LoggerFactory.getLogger(CodecCommands.class);

  private final DriverLoop loop;
  private final RegisterPort bar0;
  private final CommandRings rings;
  private final UnsolicitedResponses unsolicited;
  private final CommandQueue queue;

  // owned by the loop
  private @Nullable DmaScope scope;
  private @Nullable DmaBuffer page;

  CodecCommands(DriverLoop loop, RegisterPort bar0, Runnable serveLost) {
    this.loop = loop;
    this.bar0 = bar0;
    this.rings = new CommandRings(bar0);
    this.unsolicited = new UnsolicitedResponses(loop);
    this.queue = new CommandQueue(loop, bar0, rings, unsolicited, serveLost);
  }

  /** Where the rings may have their page, from now until {@link #forgetRings}. */
  void memory(DmaScope memory) {
    scope = memory;
  }

  /** The controller was reset or its memory given back: nothing runs any more. */
  void forgetRings() {
    queue.end();
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
              if (!queue.isStopped()) {
                return Mono.empty();
              }
              queue.starting();
              return ringPage()
                  .flatMap(rings::start)
                  .then(Mono.defer(queue::started))
                  .doOnError(queue::abandon)
                  .doOnCancel(() -> run(this::givenUp));
            }));
  }

  private void givenUp() {
    queue.abandon(queue.stopped("starting was given up"));
  }

  private Mono<DmaBuffer> ringPage() {
    DmaScope memory = scope;
    DmaBuffer known = page;
    if (memory == null) {
      return Mono.error(queue.stopped("the controller is not initialised"));
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
              if (queue.isStopped()) {
                return Mono.empty();
              }
              queue.end();
              bar0.clear(GCTL, GCTL_UNSOL);
              return rings.stop();
            }));
  }

  private <T> Mono<T> onLoop(Mono<T> work) {
    return Mono.defer(() -> loop.inEventLoop() ? work : work.subscribeOn(loop.scheduler()));
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
   *     none within {@link #RESPONSE_LIMIT} of being sent, when the controller cannot fetch it,
   *     when {@link #MAX_WAITING} commands wait, or when the rings do not run; {@link
   *     DeviceGoneException} when the device is gone. Cancelling takes back a command that waits;
   *     of one that is on its way the response is dropped
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
    return queue.lostInterrupts();
  }
}
