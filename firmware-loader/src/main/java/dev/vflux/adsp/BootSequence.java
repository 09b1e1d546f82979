package dev.vflux.adsp;

import static dev.vflux.adsp.DspRegisters.ROM_CONTROL;
import static dev.vflux.adsp.DspRegisters.ROM_CONTROL_CHANNEL_SHIFT;
import static dev.vflux.adsp.DspRegisters.ROM_CONTROL_PURGE;
import static dev.vflux.adsp.DspRegisters.ROM_STATE_FW_ENTERED;
import static dev.vflux.adsp.DspRegisters.ROM_STATE_INIT_DONE;
import static dev.vflux.adsp.DspRegisters.ROM_STATUS;
import static dev.vflux.adsp.DspRegisters.ROM_STATUS_STATE;

import dev.vflux.firmware.FirmwareImage;
import dev.vflux.firmware.VerificationReport;
import dev.vflux.vfio.DeviceGoneException;
import dev.vflux.vfio.DriverException;
import java.time.Duration;
import java.util.function.IntConsumer;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.util.function.Tuple2;

/**
 * The boot in its order: Linux {@code sound/soc/sof/intel/hda-loader.c}, hda_dsp_cl_boot_firmware
 * and what it calls, each stage named. Driver loop only.
 */
final class BootSequence {

  /** How long the ROM may take to take its message. */
  static final Duration ROM_DONE_LIMIT = Duration.ofMillis(500);

  /** How long the image may take to be loaded, verified and entered. */
  static final Duration CODE_LOAD_LIMIT = Duration.ofSeconds(3);

  /** How long the firmware may take to report itself. */
  static final Duration FW_READY_LIMIT = Duration.ofSeconds(2);

  private static final Duration ROM_STATUS_EVERY = Duration.ofNanos(500_000);
  private static final Duration ROM_DONE_LOOK_EVERY = Duration.ofMillis(10);
  private static final Duration FW_READY_LOOK_EVERY = Duration.ofMillis(20);
  private static final Duration PROGRESS_EVERY = Duration.ofMillis(10);
  private static final int CORE_0 = 0x1;
  private static final int CORE_3 = 0x8;

  private final BootRun run;
  private final Dsp dsp;
  private final FirmwareImage image;
  private final Scheduler loop;

  BootSequence(BootRun run) {
    this.run = run;
    this.dsp = run.dsp();
    this.image = run.settings().image();
    this.loop = run.loop();
  }

  Mono<BootedFirmware> boot() {
    return run.stage(BootStage.VERIFY_IMAGE, verify())
        .then(run.stage(BootStage.POWER_UP_FUNCTION, dsp.powerUp()))
        .then(run.stage(BootStage.RESET_CONTROLLER, Mono.defer(this::resetController)))
        .then(run.step(BootStage.INIT_CONTROLLER, dsp::initController))
        .then(run.step(BootStage.GATING_OFF, () -> dsp.hda().gating(false)))
        .then(Mono.defer(() -> run.settings().retained().isPresent() ? imrThenCold() : cold()))
        .then(Mono.defer(this::firmware));
  }

  /** The boot of cores whose controller is on. */
  Mono<BootedFirmware> restart() {
    return run.stage(BootStage.VERIFY_IMAGE, verify())
        .then(run.stage(BootStage.POWER_DOWN_CORES, dsp.stopCores()))
        .then(run.step(BootStage.GATING_OFF, () -> dsp.hda().gating(false)))
        .then(Mono.defer(this::cold))
        .then(Mono.defer(this::firmware));
  }

  private Mono<BootedFirmware> firmware() {
    return run.stage(BootStage.FW_READY, fwReadyAndFree())
        .flatMap(
            firmware ->
                afterBoot()
                    .then(run.step(BootStage.GATING_ON, () -> dsp.hda().gating(true)))
                    .then(Mono.fromCallable(() -> firmware.with(run.report()))));
  }

  // the image is on its way into DMA memory while the controller takes its time
  private Mono<Void> resetController() {
    return Mono.when(
        run.settings().retained().isPresent()
            ? Mono.empty()
            : dsp.codeLoad().map(image.payload(), dsp.platform().chip().iccmax()),
        dsp.hda().reset());
  }

  private Mono<Void> verify() {
    if (run.settings().verify() == VerifyPolicy.OFF) {
      return Mono.empty();
    }
    return Mono.fromCallable(() -> run.settings().verifier().verify(image))
        .subscribeOn(Schedulers.boundedElastic())
        .publishOn(loop)
        .doOnNext(this::judge)
        .then();
  }

  private void judge(VerificationReport report) {
    run.emit(new BootEvent.Verified(run.timeline().now(), report));
    if (run.settings().verify() == VerifyPolicy.REQUIRE) {
      VerificationReport unusedReport = report.orThrow();
      if (image.family() != dsp.platform().chip().generation().family()) {
        throw new PlatformException(
            PlatformException.Reason.WRONG_IMAGE,
            dsp.name(),
            "the image is laid out as "
                + image.family()
                + ", "
                + dsp.platform().label()
                + " takes "
                + dsp.platform().chip().generation().family(),
            "load " + dsp.platform().firmwareFile(image.ipcVersion()).orElse("another image"));
      }
    }
  }

  private Mono<Void> imrThenCold() {
    return Mono.<Void>defer(
            () -> {
              run.attempt(0);
              run.fromImr(true);
              return startRom(ROM_CONTROL, ROM_STATE_FW_ENTERED);
            })
        .onErrorResume(
            DriverException.class,
            error -> {
              FirmwareBootException failed = run.attemptFailed(error);
              run.fromImr(false);
              return hopeless(error) ? Mono.error(failed) : powerDownAll().then(cold());
            });
  }

  private Mono<Void> cold() {
    return Mono.<Void>defer(
            () -> {
              run.attempt(1);
              return run.stage(BootStage.PREPARE_DMA, prepareDma());
            })
        .then(startIccmax())
        .then(romInit(1))
        .then(run.stage(BootStage.CODE_LOAD, load()))
        .then(run.stage(BootStage.STOP_DMA, dsp.codeLoad().stop()));
  }

  private Mono<Void> prepareDma() {
    return dsp.codeLoad()
        .map(image.payload(), dsp.platform().chip().iccmax())
        .then(Mono.defer(dsp.codeLoad()::prepare));
  }

  private Mono<Void> startIccmax() {
    return dsp.platform().chip().iccmax()
        ? run.step(BootStage.START_ICCMAX, dsp.codeLoad()::startIccmax)
        : Mono.empty();
  }

  private Mono<Void> romInit(int attempt) {
    return Mono.<Void>defer(
            () -> {
              run.attempt(attempt);
              int channel = dsp.codeLoad().channel() << ROM_CONTROL_CHANNEL_SHIFT;
              return startRom(ROM_CONTROL | ROM_CONTROL_PURGE | channel, ROM_STATE_INIT_DONE);
            })
        .onErrorResume(
            DriverException.class,
            error -> {
              FirmwareBootException failed = run.attemptFailed(error);
              return attempt == run.settings().attempts() || hopeless(error)
                  ? Mono.error(failed)
                  : powerDownAll().then(romInit(attempt + 1));
            });
  }

  private static boolean hopeless(DriverException error) {
    return error instanceof DeviceGoneException;
  }

  // what a failed attempt leaves behind; the next one may succeed whatever this says
  private Mono<Void> powerDownAll() {
    return dsp.cores().resetPowerDown(dsp.cores().hostManaged()).onErrorComplete();
  }

  // all cores get power first: core 0 looks at the others' power state when it starts
  private Mono<Void> startRom(int message, int state) {
    int all = dsp.cores().hostManaged();
    return run.stage(BootStage.POWER_UP_CORES, dsp.cores().powerUp(all))
        .then(run.step(BootStage.CONFIGURE_SSP, dsp::configureSsp))
        .then(
            run.step(
                BootStage.ROM_CONTROL,
                () -> {
                  dsp.signals().enable();
                  dsp.doorbells().ring(message);
                }))
        .then(run.stage(BootStage.RUN_CORE_0, dsp.cores().run(CORE_0)))
        .then(run.stage(BootStage.ROM_DONE, romDone()))
        .then(run.stage(BootStage.POWER_DOWN_CORES, dsp.cores().resetPowerDown(all & ~CORE_0)))
        .then(
            run.stage(BootStage.ROM_READY, romState(state, dsp.platform().chip().romReadyLimit())));
  }

  private Mono<Void> romDone() {
    return Mono.defer(
            () ->
                dsp.signals()
                    .done()
                    .await(
                        dsp.name(),
                        ROM_DONE_LOOK_EVERY,
                        ROM_DONE_LIMIT,
                        loop,
                        () -> dsp.failIfHalted(dsp.bar4().read(ROM_STATUS))))
        .then();
  }

  private Mono<Void> romState(int state, Duration limit) {
    IntConsumer halted =
        status -> {
          if ((status & ROM_STATUS_STATE) != state) {
            dsp.failIfHalted(status);
          }
        };
    return dsp.bar4()
        .await(ROM_STATUS, ROM_STATUS_STATE, state, ROM_STATUS_EVERY, limit, halted)
        .then();
  }

  private Mono<Void> load() {
    return Mono.defer(dsp.codeLoad()::start).then(Mono.defer(this::loaded));
  }

  private Mono<Void> loaded() {
    Disposable progress =
        Flux.interval(PROGRESS_EVERY, loop)
            .map(tick -> dsp.codeLoad().transferred())
            .distinctUntilChanged()
            .subscribe(run::progress, run::abort);
    return romState(ROM_STATE_FW_ENTERED, CODE_LOAD_LIMIT)
        .doOnTerminate(progress::dispose)
        .doOnCancel(progress::dispose);
  }

  // the firmware starts while the kernel unmaps
  private Mono<ReadyFirmware> fwReadyAndFree() {
    return Mono.zip(fwReady(), dsp.codeLoad().freeMemory().thenReturn(true)).map(Tuple2::getT1);
  }

  private Mono<ReadyFirmware> fwReady() {
    return Mono.defer(
            () ->
                dsp.signals()
                    .ready()
                    .await(dsp.name(), FW_READY_LOOK_EVERY, FW_READY_LIMIT, loop, () -> {}))
        .map(ready -> ReadyFirmware.accept(dsp, run.settings(), ready));
  }

  // icl.c: with the high-power clock core 3 has to have power, stalled
  private Mono<Void> afterBoot() {
    return dsp.platform().chip().powersCore3() && !ReadyFirmware.usesLowPowerClock(image)
        ? run.stage(
            BootStage.POWER_UP_CORE_3,
            dsp.cores().stallReset(CORE_3).then(dsp.cores().powerUp(CORE_3)))
        : Mono.empty();
  }
}
