package dev.vflux.adsp;

import dev.vflux.firmware.FirmwareImage;
import dev.vflux.ipc.Ipc3Command;
import dev.vflux.ipc.IpcException;
import dev.vflux.reactive.ReactiveDevice;
import dev.vflux.vfio.DriverException;
import dev.vflux.vfio.ResetOutcome;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxSink;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Brings a DSP back that hangs, by the smallest reset that does: {@link RecoveryRung} by rung, the
 * next only when the device is not back after the one before. It is back when its firmware runs and
 * answers. Any thread; events are emitted on the driver loop.
 *
 * <pre>{@code
 * DspRecovery.builder(loader, image)
 *     .reopen(ReactiveDevice.open(uri, loop))
 *     .build()
 *     .recover()
 *     .subscribe(System.out::println);
 * }</pre>
 */
public final class DspRecovery {

  private static final int HEADER_BYTES = 8;

  private final FirmwareLoader loader;
  private final FirmwareImage image;
  private final Function<? super RunningDsp, ? extends Publisher<?>> check;
  private final @Nullable Mono<ReactiveDevice> reopen;

  private DspRecovery(Builder builder) {
    this.loader = builder.loader;
    this.image = builder.image;
    this.check = builder.check;
    this.reopen = builder.reopen;
  }

  /**
   * Starts to configure a recovery.
   *
   * @param loader the loader that booted the DSP, or shall
   * @param image the firmware that shall run
   * @return a builder
   */
  public static Builder builder(FirmwareLoader loader, FirmwareImage image) {
    return new Builder(loader, image);
  }

  /**
   * Climbs until the firmware runs and answers. Cold; one at a time, and not during a boot. Sound
   * ends at the first rung: every open stream has to be prepared again; from {@link
   * RecoveryRung#CORE} on the users of the firmware are ended as by {@link
   * FirmwareLoader#powerDown}. Each rung has its {@link RecoveryRung#limit}. Cancelling leaves the
   * device as a cancelled {@link FirmwareLoader#boot} does.
   *
   * @return the events; the last one is {@link RecoveryEvent.Recovered}. Or {@link
   *     DspRecoveryException} with the reason of every rung, after the device was left quiet
   */
  public Flux<RecoveryEvent> recover() {
    return Flux.create(
        sink ->
            sink.onDispose(
                Mono.defer(() -> new Climb(sink).next())
                    .subscribeOn(scheduler())
                    .subscribe(sink::next, sink::error, sink::complete)));
  }

  private List<RecoveryRung> rungs() {
    List<RecoveryRung> all = List.of(RecoveryRung.values());
    return reopen == null ? all.subList(0, all.indexOf(RecoveryRung.REOPEN)) : all;
  }

  private Scheduler scheduler() {
    return loader.device().loop().scheduler();
  }

  private String name() {
    return loader.device().device().info().name();
  }

  /** One recovery on its way; driver loop only. */
  private final class Climb {

    private final FluxSink<RecoveryEvent> sink;
    private final long begun = now();
    private final Iterator<RecoveryRung> rungs = rungs().iterator();
    private final Map<RecoveryRung, Throwable> reasons = new EnumMap<>(RecoveryRung.class);

    Climb(FluxSink<RecoveryEvent> sink) {
      this.sink = sink;
    }

    private long now() {
      return scheduler().now(TimeUnit.NANOSECONDS);
    }

    private Duration at() {
      return Duration.ofNanos(now() - begun);
    }

    Mono<RecoveryEvent> next() {
      return rungs.hasNext()
          ? tried(rungs.next())
          : Mono.error(() -> new DspRecoveryException(name(), reasons));
    }

    private Mono<RecoveryEvent> tried(RecoveryRung rung) {
      Duration started = at();
      sink.next(new RecoveryEvent.RungStarted(started, rung));
      return attempt(rung)
          .timeout(rung.limit(), Mono.error(() -> late(rung)), scheduler())
          .publishOn(scheduler())
          .<RecoveryEvent>map(
              back ->
                  new RecoveryEvent.Recovered(
                      at(), rung, at().minus(started), back.loader(), back.firmware()))
          .onErrorResume(
              failed -> {
                reasons.put(rung, failed);
                sink.next(new RecoveryEvent.RungFailed(at(), rung, at().minus(started), failed));
                return next();
              });
    }
  }

  private record Back(FirmwareLoader loader, BootedFirmware firmware) {}

  private DriverException late(RecoveryRung rung) {
    return new DriverException(
        "recover at rung " + rung, name(), "not back within " + rung.limit(), "");
  }

  private Mono<Back> attempt(RecoveryRung rung) {
    return switch (rung) {
      case STREAM -> resetStreams();
      case CORE -> loader.restart(image).flatMap(firmware -> checked(loader, firmware));
      case CONTROLLER -> loader.load(image).flatMap(firmware -> checked(loader, firmware));
      case FUNCTION -> resetFunction();
      case REOPEN -> reopened();
    };
  }

  private Mono<Back> resetStreams() {
    return loader
        .running()
        .flatMap(
            dsp ->
                dsp.hda().resetStreams().then(Mono.defer(() -> checked(loader, dsp.firmware()))));
  }

  // what cannot be stopped any more is what the reset is for
  private Mono<Back> resetFunction() {
    return loader
        .powerDown()
        .onErrorComplete(DriverException.class)
        .then(loader.device().reset())
        .flatMap(
            outcome ->
                outcome.kind() == ResetOutcome.Kind.DONE
                    ? loader.load(image)
                    : Mono.error(() -> notReset(outcome)))
        .flatMap(firmware -> checked(loader, firmware));
  }

  private DriverException notReset(ResetOutcome outcome) {
    return new DriverException(
        "VFIO_DEVICE_RESET",
        name(),
        outcome.kind()
            + (outcome.affected().isEmpty() ? "" : ", it would hit " + outcome.affected()),
        "reset its bus, or power the machine off");
  }

  private Mono<Back> reopened() {
    Mono<ReactiveDevice> opening = reopen == null ? Mono.empty() : reopen;
    return loader
        .device()
        .close()
        .onErrorComplete(DriverException.class)
        .then(opening)
        .flatMap(
            opened ->
                Mono.defer(() -> booted(loader.on(opened)))
                    .onErrorResume(
                        failed ->
                            opened
                                .close()
                                .onErrorComplete(DriverException.class)
                                .then(Mono.error(failed)))
                    .doOnCancel(() -> closeInBackground(opened)));
  }

  private Mono<Back> booted(FirmwareLoader fresh) {
    return fresh.load(image).flatMap(firmware -> checked(fresh, firmware));
  }

  private static void closeInBackground(ReactiveDevice opened) {
    Disposable unusedClosing = opened.close().onErrorComplete(DriverException.class).subscribe();
  }

  private Mono<Back> checked(FirmwareLoader on, BootedFirmware firmware) {
    return on.running()
        .flatMap(dsp -> Flux.from(check.apply(dsp)).then())
        // who speaks another protocol has said FW_READY, and is asked nothing
        .onErrorComplete(DspRecovery::speaksAnother)
        .thenReturn(new Back(on, firmware));
  }

  private static boolean speaksAnother(Throwable error) {
    return error instanceof NotRunningException none
        && none.reason() == NotRunningException.Reason.OTHER_PROTOCOL;
  }

  // asks for something that changes nothing; that it answers, whatever, is the answer
  private static Mono<Void> answers(RunningDsp dsp) {
    ByteBuffer question =
        ByteBuffer.allocate(HEADER_BYTES)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putInt(HEADER_BYTES)
            .putInt(Ipc3Command.CTX_SIZE.word())
            .flip();
    return dsp.ipc()
        .request(question)
        .then()
        .onErrorComplete(
            error ->
                error instanceof IpcException refused
                    && refused.reason() == IpcException.Reason.REFUSED);
  }

  /** What a recovery shall do; not thread-safe. */
  public static final class Builder {

    private final FirmwareLoader loader;
    private final FirmwareImage image;
    private Function<? super RunningDsp, ? extends Publisher<?>> check = DspRecovery::answers;
    private @Nullable Mono<ReactiveDevice> reopen;

    private Builder(FirmwareLoader loader, FirmwareImage image) {
      this.loader = loader;
      this.image = image;
    }

    /**
     * How to find out whether the device is back, after each rung; by default the firmware is asked
     * for the size of its context (CTX_SIZE), and any reply will do. An IPC4 firmware is not asked.
     *
     * @param works called on the driver loop; what its publisher emits is ignored, its error says
     *     that the device is not back
     * @return this
     */
    public Builder check(Function<? super RunningDsp, ? extends Publisher<?>> works) {
      this.check = works;
      return this;
    }

    /**
     * How to open the device again once it is closed; without it there is no {@link
     * RecoveryRung#REOPEN}.
     *
     * @param opening for instance {@link ReactiveDevice#open}, on the same loop
     * @return this
     */
    public Builder reopen(Mono<ReactiveDevice> opening) {
      this.reopen = opening;
      return this;
    }

    /**
     * Makes the recovery. Touches no register.
     *
     * @return the recovery
     */
    public DspRecovery build() {
      return new DspRecovery(this);
    }
  }
}
