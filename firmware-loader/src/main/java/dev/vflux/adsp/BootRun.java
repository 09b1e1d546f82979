package dev.vflux.adsp;

import dev.vflux.hda.HdaException;
import dev.vflux.hda.ServedInterrupt;
import dev.vflux.ipc.FirmwarePanicException;
import dev.vflux.ipc.IpcMessage;
import dev.vflux.reactive.ReactiveDevice;
import dev.vflux.vfio.DeviceGoneException;
import dev.vflux.vfio.DriverException;
import dev.vflux.vfio.Register;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;

/**
 * One boot on its way: where it is, what it tells, and what ends it early. The order of things is
 * {@link BootSequence}'s. Driver loop only.
 */
final class BootRun implements DspSignals.Listener {

  private static final String STAGE_METER = "vflux.boot.stage";
  private static final String BOOT_METER = "vflux.boot";

  private final ReactiveDevice device;
  private final Dsp dsp;
  private final BootSettings settings;
  private final Consumer<BootEvent> events;
  private final BootTimeline timeline;
  private final Sinks.One<BootedFirmware> aborted = Sinks.one();
  private final Sinks.Empty<Void> ended = Sinks.empty();
  private Disposable request = Disposables.disposed();
  private BootStage stage = BootStage.VERIFY_IMAGE;
  private int attempt = 1;
  private BootStageEvent recording = new BootStageEvent();
  private boolean fromImr;
  private long interrupts;
  private long spuriousInterrupts;
  private int lostInterrupts;

  BootRun(ReactiveDevice device, Dsp dsp, BootSettings settings, Consumer<BootEvent> events) {
    this.device = device;
    this.dsp = dsp;
    this.settings = settings;
    this.events = events;
    this.timeline = new BootTimeline(() -> loop().now(TimeUnit.NANOSECONDS));
  }

  Dsp dsp() {
    return dsp;
  }

  BootSettings settings() {
    return settings;
  }

  BootTimeline timeline() {
    return timeline;
  }

  /** Emits an event; the time comes first in every one. */
  void emit(BootEvent event) {
    events.accept(event);
  }

  /** The whole boot, unless something ends it early. */
  Mono<BootedFirmware> run() {
    return Mono.defer(
            () -> {
              dsp.signals().listener(this);
              watchRequest();
              emit(
                  new BootEvent.Started(
                      timeline.now(),
                      dsp.name(),
                      dsp.platform(),
                      settings.image().ipcVersion(),
                      settings.image().payload().remaining(),
                      settings.retained().isPresent()));
              BootSequence sequence = new BootSequence(this);
              return Mono.firstWithSignal(
                  aborted.asMono(), settings.coresOnly() ? sequence.restart() : sequence.boot());
            })
        .doOnNext(dsp::runs)
        .onErrorMap(DriverException.class, this::explain)
        .contextWrite(timeline.asContext());
  }

  // before the device powers the DSP down, so that the boot can say for whom
  private void watchRequest() {
    request =
        device
            .releaseRequested()
            .subscribe(
                asked ->
                    abort(
                        new DeviceRequestedException(dsp.name(), asked.answer(), asked.advice())));
  }

  /** Ends the boot with an error, wherever it is; of several the first. */
  void abort(Throwable error) {
    Sinks.EmitResult unusedLater = aborted.tryEmitError(error);
  }

  /** Nothing that happens from here on belongs to this boot. */
  void stopWatching() {
    request.dispose();
    dsp.signals().listener(dsp.listener());
  }

  /** The device is quiet, or the firmware runs. */
  void end() {
    ended.emitEmpty((signal, result) -> false);
  }

  /** Completes after {@link #end()}. */
  Mono<Void> ended() {
    return ended.asMono();
  }

  <T> Mono<T> stage(BootStage next, Mono<T> work) {
    return Mono.defer(
            () -> {
              stage = next;
              timeline.begin();
              recording = new BootStageEvent();
              recording.begin();
              emit(new BootEvent.StageStarted(timeline.now(), attempt, next));
              return work;
            })
        .doOnSuccess(
            unusedResult -> {
              BootReport.StageTime time = finished(next, true);
              emit(
                  new BootEvent.StageFinished(
                      timeline.now(), attempt, next, time.took(), time.waited()));
            })
        .doOnError(
            failed -> {
              BootReport.StageTime unusedTime = finished(next, false);
            });
  }

  private BootReport.StageTime finished(BootStage ended, boolean succeeded) {
    BootReport.StageTime time = timeline.finish(ended, attempt, succeeded);
    recording.device = dsp.name();
    recording.stage = ended.name();
    recording.attempt = attempt;
    recording.succeeded = succeeded;
    recording.commit();
    device
        .observer()
        .ifPresent(
            observer -> observer.timed(STAGE_METER, "stage", ended.name(), time.took(), succeeded));
    return time;
  }

  /** Tells of the boot as a whole. */
  void measured(boolean succeeded) {
    device
        .observer()
        .ifPresent(
            observer ->
                observer.timed(
                    BOOT_METER, "platform", dsp.platform().name(), timeline.now(), succeeded));
  }

  /** A stage that only writes registers; the device has to be there. */
  Mono<Void> step(BootStage next, Runnable work) {
    return stage(
        next,
        Mono.fromRunnable(
            () -> {
              dsp.hda().checkAlive();
              work.run();
            }));
  }

  void attempt(int number) {
    attempt = number;
  }

  void fromImr(boolean value) {
    fromImr = value;
  }

  /** Tells of a failed attempt. */
  FirmwareBootException attemptFailed(DriverException error) {
    FirmwareBootException explained = explain(error);
    emit(new BootEvent.AttemptFailed(timeline.now(), attempt, explained));
    return explained;
  }

  FirmwareBootException explain(DriverException error) {
    if (error instanceof FirmwareBootException explained) {
      return explained;
    }
    if (error instanceof DeviceGoneException || !dsp.hda().alive()) {
      return new FirmwareBootException(dsp.name(), stage, attempt, Optional.empty(), "", error);
    }
    String hint = stage == BootStage.CODE_LOAD && error.isTransient() ? loadHint() : "";
    return new FirmwareBootException(dsp.name(), stage, attempt, dsp.romStatus(), hint, error);
  }

  private String loadHint() {
    return dsp.codeLoad().diagnosis();
  }

  BootReport report() {
    return new BootReport(
        timeline.now(),
        timeline.waited(),
        Math.max(attempt, 1),
        interrupts,
        spuriousInterrupts,
        lostInterrupts,
        fromImr,
        timeline.stages());
  }

  @Override
  public void interrupt(ServedInterrupt served, Set<InterruptCause> causes) {
    interrupts += served.count();
    if (causes.isEmpty()) {
      spuriousInterrupts += served.count();
      return;
    }
    emit(
        new BootEvent.InterruptSeen(
            timeline.now(), served.index(), served.vector(), served.count(), causes));
    if (dsp.codeLoad().owns(served.completed())) {
      dsp.codeLoad().completed();
      progress(dsp.codeLoad().transferred());
    }
    if (dsp.codeLoad().owns(served.failed())) {
      abort(
          new HdaException(
              HdaException.Reason.STREAM_FAILED,
              "run code-load stream",
              dsp.name(),
              "descriptor error (SDxSTS.DESE) after " + dsp.codeLoad().transferred() + " bytes",
              "the device could not fetch a descriptor or its data: see the IOMMU's faults"));
    }
  }

  void progress(int transferred) {
    emit(new BootEvent.Progress(timeline.now(), transferred, dsp.codeLoad().length()));
  }

  @Override
  public void done() {}

  @Override
  public void lost(Register register) {
    lostInterrupts++;
    emit(new BootEvent.LostInterrupt(timeline.now(), stage, register.name()));
  }

  // Linux forgives a panic while the ROM is started and attempts are left (cnl.c)
  @Override
  public void message(IpcMessage message) {
    boolean starting = stage.compareTo(BootStage.ROM_READY) <= 0;
    if (message.isPanic() && !(starting && attempt < settings.attempts())) {
      abort(FirmwarePanicException.whileBooting(dsp.name(), message));
    }
  }

  @Override
  public void failed(Throwable error) {
    abort(error);
  }

  Scheduler loop() {
    return device.loop().scheduler();
  }
}
