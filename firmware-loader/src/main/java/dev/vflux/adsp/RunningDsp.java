package dev.vflux.adsp;

import dev.vflux.hda.CleanUp;
import dev.vflux.hda.HdaController;
import dev.vflux.hda.ServedInterrupt;
import dev.vflux.ipc.Ipc3;
import dev.vflux.ipc.Ipc3Transport;
import dev.vflux.ipc.IpcMessage;
import dev.vflux.reactive.DriverLoop;
import dev.vflux.vfio.DeviceGoneException;
import dev.vflux.vfio.DriverException;
import dev.vflux.vfio.Register;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

/**
 * An IPC3 firmware that runs, for those who use it: the controller with its streams, the way to the
 * firmware, and the end of both. Lives until the DSP is powered down, which does first what {@link
 * #beforePowerDown} says. Driver loop only, except where a method says otherwise.
 */
public final class RunningDsp {

  /**
   * How long everything that is to be done before the DSP is powered down may take together; within
   * what closing the device allows ({@link dev.vflux.reactive.ReactiveDevice#QUIESCE_LIMIT}).
   */
  public static final Duration BEFORE_POWER_DOWN_LIMIT = Duration.ofMillis(1500);

  private static final Logger LOG = LoggerFactory.getLogger(RunningDsp.class);

  // no record: each is itself, also when two do the same
  private static final class Action {
    private final String name;
    private final Mono<Void> work;

    Action(String name, Mono<Void> work) {
      this.name = name;
      this.work = work;
    }
  }

  private final DriverLoop loop;
  private final String name;
  private final HdaController hda;
  private final BootedFirmware firmware;
  private final Ipc3Transport transport;
  private final Deque<Action> actions = new ArrayDeque<>();
  private final DspSignals.Listener listener = new Signals();
  private boolean ending;

  private RunningDsp(Dsp dsp, BootedFirmware firmware, DriverLoop loop) {
    this.loop = loop;
    this.name = dsp.name();
    this.hda = dsp.hda();
    this.firmware = firmware;
    this.transport =
        new Ipc3Transport(
            loop,
            name,
            dsp.doorbells(),
            firmware.windows(),
            () -> dsp.signals().serveLost(dsp.doorbells().layout().initiatorDone()));
  }

  static RunningDsp of(Dsp dsp, BootedFirmware firmware, DriverLoop loop) {
    return new RunningDsp(dsp, firmware, loop);
  }

  /**
   * The controller, whose streams the firmware's host components use.
   *
   * @return the controller the firmware was booted through; any thread
   */
  public HdaController hda() {
    return hda;
  }

  /**
   * The way to the firmware.
   *
   * @return requests and notifications; any thread
   */
  public Ipc3 ipc() {
    return transport.ipc();
  }

  /**
   * What runs.
   *
   * @return the firmware as it reported itself; any thread
   */
  public BootedFirmware firmware() {
    return firmware;
  }

  /**
   * The end of the firmware. Any thread.
   *
   * @return hot, the same for every subscriber, also for late ones, emitted on the driver loop:
   *     completes when the DSP is powered down, after all that was to be done before and before the
   *     cores lose their power; fails as soon as the firmware panics ({@link
   *     dev.vflux.ipc.FirmwarePanicException}) or the device is gone ({@link DeviceGoneException})
   */
  public Mono<Void> ended() {
    return transport.ended();
  }

  /**
   * Adds something to do before the DSP is powered down, be it by {@link FirmwareLoader#powerDown},
   * by the next boot or because the device is closed: stop a stream, free a pipeline. The actions
   * are taken on the driver loop, the last added first, one after the other, all of them whichever
   * fail; requests, streams and interrupts still work then, unless the firmware has panicked. All
   * of them together have {@link #BEFORE_POWER_DOWN_LIMIT}.
   *
   * @param what what it does, in words, for errors
   * @param action cold, subscribed at most once; that the device is gone is no failure
   * @return takes the action back, when it is not needed any more
   * @throws NotRunningException when powering down has begun
   */
  public Disposable beforePowerDown(String what, Mono<Void> action) {
    if (ending) {
      throw NotRunningException.nothingRuns(name, false);
    }
    Action added = new Action(what, action);
    actions.push(added);
    return () -> actions.remove(added);
  }

  /** Fails with what ended it before it was powered down. */
  Mono<Void> failIfEnded() {
    return Mono.firstWithSignal(transport.ended(), Mono.empty());
  }

  DspSignals.Listener listener() {
    return listener;
  }

  /** Does what is to be done before power goes; then nobody can use it any more. */
  Mono<Void> end() {
    return Mono.defer(
        () -> {
          ending = true;
          long deadline = now() + BEFORE_POWER_DOWN_LIMIT.toNanos();
          List<Mono<Void>> steps = new ArrayList<>();
          actions.forEach(action -> steps.add(bounded(action, deadline)));
          steps.add(Mono.fromRunnable(transport::end));
          // its users are told while the cores have power
          steps.add(ended().onErrorComplete());
          return CleanUp.inOrder(steps);
        });
  }

  private long now() {
    return loop.scheduler().now(TimeUnit.NANOSECONDS);
  }

  private Mono<Void> bounded(Action action, long deadline) {
    return Mono.defer(
            () ->
                action.work.timeout(
                    Duration.ofNanos(Math.max(0, deadline - now())),
                    Mono.error(() -> unfinished(action)),
                    loop.scheduler()))
        .onErrorComplete(DeviceGoneException.class);
  }

  private DriverException unfinished(Action action) {
    DriverException error =
        new DriverException(
            "'" + action.name + "' before power down",
            name,
            "not finished within " + BEFORE_POWER_DOWN_LIMIT,
            "the DSP was powered down all the same");
    Throwable unusedSelf = error.initCause(new TimeoutException(action.name));
    return error;
  }

  @Override
  public String toString() {
    return firmware.version() + " on " + name;
  }

  private final class Signals implements DspSignals.Listener {

    @Override
    public void interrupt(ServedInterrupt interrupt, Set<InterruptCause> causes) {}

    @Override
    public void lost(Register register) {
      LOG.debug("{}: {} was set and no interrupt came", name, register.name());
    }

    @Override
    public void done() {
      transport.done();
    }

    @Override
    public void message(IpcMessage message) {
      transport.received(message);
    }

    @Override
    public void failed(Throwable error) {
      transport.end(error);
    }
  }
}
