package dev.vflux.adsp;

import static dev.vflux.adsp.DspRegisters.ROM_ERROR;
import static dev.vflux.adsp.DspRegisters.ROM_STATUS;
import static dev.vflux.adsp.DspRegisters.SSC1;
import static dev.vflux.adsp.DspRegisters.SSC1_CONSUMER;
import static dev.vflux.adsp.DspRegisters.SSP_STRIDE;

import dev.vflux.firmware.IpcVersion;
import dev.vflux.hda.CleanUp;
import dev.vflux.hda.DmaScope;
import dev.vflux.hda.HdaController;
import dev.vflux.hda.RegisterPort;
import dev.vflux.ipc.DoorbellLayout;
import dev.vflux.ipc.DspDoorbells;
import dev.vflux.reactive.DriverLoop;
import dev.vflux.reactive.ReactiveDevice;
import dev.vflux.vfio.RegionIndex;
import dev.vflux.vfio.Register;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * The audio function from the outside in, for as long as its DSP is on: controller, cores,
 * doorbells, interrupt and DMA of one boot; and the way back to quiet. Driver loop only.
 */
final class Dsp {

  private final String name;
  private final DspPlatform platform;
  private final HdaController hda;
  private final RegisterPort bar4;
  private final DspCores cores;
  private final DspDoorbells doorbells;
  private final DspSignals signals;
  private final ReactiveDevice device;
  private final DriverLoop loop;
  private CodeLoad codeLoad;
  private @Nullable RunningDsp running;
  private boolean functionOn;
  private boolean dspOn;

  private Dsp(
      ReactiveDevice device, DspPlatform platform, HdaController hda, DoorbellLayout layout) {
    this.device = device;
    this.loop = device.loop();
    this.name = device.device().info().name();
    this.platform = platform;
    this.hda = hda;
    this.bar4 = hda.port(RegionIndex.BAR4);
    this.cores = new DspCores(bar4, platform.chip().hostManagedCores());
    this.doorbells = new DspDoorbells(bar4, layout);
    this.signals = new DspSignals(hda, bar4, doorbells);
    this.codeLoad = new CodeLoad(hda, new DmaScope(device));
    hda.formatNeedsCoupling(platform.chip().formatNeedsCoupling());
  }

  /** Reads the PCI id and nothing else. */
  static Dsp identify(ReactiveDevice device) {
    String name = device.device().info().name();
    HdaController hda = HdaController.of(device);
    DspPlatform platform =
        DspPlatform.of(hda.vendorId(), hda.deviceId())
            .orElseThrow(
                () ->
                    new PlatformException(
                        PlatformException.Reason.UNKNOWN_DEVICE,
                        name,
                        "PCI %04x:%04x is no platform this loader knows"
                            .formatted(hda.vendorId(), hda.deviceId()),
                        "open the audio function of a Sky Lake or later machine"));
    Optional<String> why = platform.notBootable();
    if (why.isPresent()) {
      throw new PlatformException(
          PlatformException.Reason.NOT_BOOTABLE,
          name,
          platform.label() + " is described but not booted: " + why.get(),
          "this loader boots APL to RPL");
    }
    return new Dsp(device, platform, hda, platform.chip().generation().doorbells().orElseThrow());
  }

  String name() {
    return name;
  }

  DspPlatform platform() {
    return platform;
  }

  HdaController hda() {
    return hda;
  }

  RegisterPort bar4() {
    return bar4;
  }

  DspCores cores() {
    return cores;
  }

  DspDoorbells doorbells() {
    return doorbells;
  }

  DspSignals signals() {
    return signals;
  }

  CodeLoad codeLoad() {
    return codeLoad;
  }

  /** The DMA of the next boot on the same controller. */
  void renewCodeLoad() {
    codeLoad = new CodeLoad(hda, new DmaScope(device));
  }

  /** Ends the firmware and takes the cores' power; the controller goes on. */
  Mono<Void> stopCores() {
    return CleanUp.inOrder(
        List.of(
            Mono.defer(this::endFirmware),
            Mono.fromRunnable(signals::disable),
            cores.resetPowerDown(cores.hostManaged())));
  }

  private Mono<Void> endFirmware() {
    RunningDsp ending = running;
    running = null;
    return ending == null ? Mono.empty() : ending.end();
  }

  Mono<Void> powerUp() {
    return Mono.defer(
        () -> {
          functionOn = true;
          hda.checkDsp();
          return hda.powerUp();
        });
  }

  void initController() {
    signals.subscribe();
    hda.initChip();
    hda.dsp(true);
    dspOn = true;
  }

  void configureSsp() {
    for (int port = 0; port < platform.chip().sspCount(); port++) {
      Register ssc1 = SSC1.at(platform.chip().sspBase() + SSP_STRIDE * port);
      bar4.set(ssc1, SSC1_CONSUMER);
    }
  }

  /** What the ROM says; empty while BAR4 does not answer. */
  Optional<RomStatus> romStatus() {
    if (!dspOn) {
      return Optional.empty();
    }
    RomStatus status = new RomStatus(bar4.read(ROM_STATUS), bar4.read(ROM_ERROR));
    return status.unreadable() ? Optional.empty() : Optional.of(status);
  }

  void failIfHalted(int romStatus) {
    RomStatus status = new RomStatus(romStatus, bar4.read(ROM_ERROR));
    if (status.halted()) {
      throw new RomHaltedException(name, status);
    }
  }

  /** A firmware was booted: from here on messages and DONE are its users'. */
  void runs(BootedFirmware firmware) {
    if (firmware.ipc() == IpcVersion.IPC3) {
      RunningDsp booted = RunningDsp.of(this, firmware, loop);
      running = booted;
      signals.listener(booted.listener());
    }
  }

  /** The firmware that runs, when it speaks IPC3. */
  Optional<RunningDsp> running() {
    return Optional.ofNullable(running);
  }

  /** Who learns of the interrupt when nobody boots. */
  DspSignals.Listener listener() {
    RunningDsp booted = running;
    return booted == null ? DspSignals.LOGGING : booted.listener();
  }

  /**
   * Leaves the function quiet: users of the firmware ended first, then DMA stopped, cores without
   * power, DSP and interrupts off, controller in reset, bus mastering off, memory given back. All
   * steps are taken, whichever fail, and each is bounded; of a device that does not answer only the
   * memory is taken away.
   */
  Mono<Void> quiesce() {
    return CleanUp.inOrder(
        List.of(
            Mono.defer(this::endFirmware),
            codeLoad.stop(),
            whileDspOn(Mono.fromRunnable(signals::disable)),
            whileDspOn(Mono.defer(() -> cores.resetPowerDown(cores.hostManaged()))),
            whileDspOn(Mono.fromRunnable(this::dspOff)),
            whileFunctionOn(Mono.defer(hda::shutDown)),
            Mono.<Void>fromRunnable(this::release),
            // not before: a stream that was not seen to stop does so with its controller
            codeLoad.freeMemory(),
            hda.freeMemory()));
  }

  private void dspOff() {
    hda.dsp(false);
    dspOn = false;
  }

  private void release() {
    functionOn = false;
    dspOn = false;
    signals.unsubscribe();
  }

  private Mono<Void> whileDspOn(Mono<Void> step) {
    return Mono.defer(() -> dspOn && hda.alive() ? step : Mono.empty());
  }

  private Mono<Void> whileFunctionOn(Mono<Void> step) {
    return Mono.defer(() -> functionOn ? step : Mono.empty());
  }
}
