package dev.vflux.adsp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.vflux.adsp.BootReport.StageTime;
import dev.vflux.emulated.BoardSettings;
import dev.vflux.emulated.EmulatedDevices;
import dev.vflux.emulated.FaultPlan;
import dev.vflux.firmware.FirmwareFamily;
import dev.vflux.firmware.FirmwareImage;
import dev.vflux.firmware.FirmwareImageBuilder;
import dev.vflux.firmware.IpcVersion;
import dev.vflux.firmware.SampleImages;
import dev.vflux.reactive.DriverLoop;
import dev.vflux.reactive.ReactiveDevice;
import dev.vflux.vfio.Device;
import dev.vflux.vfio.Devices;
import dev.vflux.vfio.RegionIndex;
import dev.vflux.vfio.RegisterBlock;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import reactor.core.Disposable;

/** A model, its faults, a loop and a loader for one test; and what the test looks at. */
final class BootBench implements AutoCloseable {

  /** Longer than any boot may take, whatever its faults. */
  static final Duration LIMIT = Duration.ofSeconds(30);

  // typed from the specifications, not from the driver
  private static final int STREAMS = 16;
  private static final long PCI_COMMAND = 0x04;
  private static final long GCTL = 0x08;
  private static final long INTCTL = 0x20;
  private static final long PPCTL = 0x804;
  private static final long ADSPCS = 0x04;

  final FaultPlan faults;
  final DriverLoop loop;
  final ReactiveDevice device;
  final FirmwareLoader loader;
  final FirmwareImage image;

  /** The events of the boots so far, also of those that failed. */
  final List<BootEvent> events = Collections.synchronizedList(new ArrayList<>());

  private final boolean ownsLoop;
  private final String address;

  private BootBench(
      DriverLoop loop,
      boolean ownsLoop,
      String address,
      Device opened,
      FaultPlan faults,
      FirmwareImage image) {
    this.loop = loop;
    this.ownsLoop = ownsLoop;
    this.address = address;
    this.faults = faults;
    this.image = image;
    this.device = ReactiveDevice.of(opened, loop);
    this.loader = FirmwareLoader.builder(device).build();
  }

  static BootBench open(String model, String faults) {
    return open(DriverLoop.create(), true, model, faults);
  }

  static BootBench cml(String faults) {
    return open("cml", faults);
  }

  static BootBench on(DriverLoop loop, String model, String faults) {
    return open(loop, false, model, faults);
  }

  static BootBench of(Device device, FirmwareImage image) {
    String address = device.info().name();
    return new BootBench(DriverLoop.create(), true, address, device, FaultPlan.none(), image);
  }

  /** A model, through whichever door. */
  static BootBench at(String uri, FirmwareImage image) {
    return of(Devices.open(ModelDoor.address(uri)), image);
  }

  private static BootBench open(DriverLoop loop, boolean owns, String model, String faults) {
    FaultPlan plan = faults.isEmpty() ? FaultPlan.none() : FaultPlan.parse(faults);
    String uri = "emulated:" + model + (faults.isEmpty() ? "" : "?fault=" + faults);
    String address = ModelDoor.address(uri);
    Device opened =
        ModelDoor.inOtherProcess()
            ? Devices.open(address)
            : EmulatedDevices.open(model, BoardSettings.builder().faults(plan).build());
    return new BootBench(loop, owns, address, opened, plan, imageFor(model));
  }

  static FirmwareImage imageFor(String model) {
    return switch (model) {
      case "tgl", "adl" -> SampleImages.tgl();
      case "apl" -> SampleImages.apl();
      default -> SampleImages.cml();
    };
  }

  static FirmwareImage ipc4Image(FirmwareFamily family) {
    return small(FirmwareImageBuilder.of(family).ipc(IpcVersion.IPC4));
  }

  /** An image of 64 KiB. */
  static FirmwareImage small(FirmwareImageBuilder builder) {
    return FirmwareImage.parse(ByteBuffer.wrap(builder.payloadPages(16).build()));
  }

  BootedFirmware boots() {
    return boots(loader, image);
  }

  BootedFirmware boots(FirmwareLoader with, FirmwareImage what) {
    BootEvent last =
        with.boot(what).doOnNext(events::add).last().blockOptional(LIMIT).orElseThrow();
    assertThat(last).isInstanceOf(BootEvent.Completed.class);
    return ((BootEvent.Completed) last).firmware();
  }

  FirmwareBootException fails() {
    return fails(loader, image);
  }

  FirmwareBootException fails(FirmwareLoader with, FirmwareImage what) {
    FirmwareBootException error =
        catchThrowableOfType(
            FirmwareBootException.class,
            () -> with.boot(what).doOnNext(events::add).blockLast(LIMIT));
    assertThat(error).as("the boot must fail").isNotNull();
    assertThat(error.getSuppressed()).as("cleaning up went well").allMatch(BootBench::isTrace);
    return error;
  }

  // block() adds the caller's stack trace
  private static boolean isTrace(Throwable suppressed) {
    return suppressed.getClass() == Exception.class;
  }

  <T extends BootEvent> List<T> events(Class<T> type) {
    return List.copyOf(events).stream().filter(type::isInstance).map(type::cast).toList();
  }

  /** When a stage began last. */
  Duration started(BootStage stage) {
    return events(BootEvent.StageStarted.class).stream()
        .filter(event -> event.stage() == stage)
        .reduce((first, last) -> last)
        .map(BootEvent::at)
        .orElseThrow();
  }

  /** When a stage succeeded last. */
  Duration finished(BootStage stage) {
    return events(BootEvent.StageFinished.class).stream()
        .filter(event -> event.stage() == stage)
        .reduce((first, last) -> last)
        .map(BootEvent::at)
        .orElseThrow();
  }

  static StageTime time(BootedFirmware firmware, BootStage stage) {
    return firmware.report().stages().stream()
        .filter(time -> time.stage() == stage)
        .reduce((first, last) -> last)
        .orElseThrow();
  }

  /** The writes to a region from now on, as {@code BAR0+0x8=0x100}. */
  List<String> writes(RegionIndex... regions) {
    List<String> writes = Collections.synchronizedList(new ArrayList<>());
    for (RegionIndex region : regions) {
      Disposable unusedWatch =
          device
              .region(region)
              .writes()
              .map(w -> "%s+0x%x=0x%x".formatted(region, w.offset(), w.value()))
              .subscribe(writes::add);
    }
    return writes;
  }

  RegisterBlock registers(RegionIndex region) {
    return device.device().registers(region);
  }

  /** DMA stopped, interrupts off, DSP off, controller in reset, bus mastering off, no memory. */
  void isQuiet() {
    RegisterBlock bar0 = registers(RegionIndex.BAR0);
    for (int stream = 0; stream < STREAMS; stream++) {
      assertThat(bar0.read8(0x80 + 0x20 * stream) & 0x02).as("SD%dCTL.RUN", stream).isZero();
    }
    assertThat(bar0.read32(INTCTL)).as("INTCTL").isZero();
    assertThat(bar0.read32(PPCTL)).as("PPCTL").isZero();
    assertThat(bar0.read32(GCTL) & 1).as("GCTL.CRST").isZero();
    assertThat(registers(RegionIndex.BAR4).read32(ADSPCS)).as("BAR4 without GPROCEN").isEqualTo(-1);
    assertThat(registers(RegionIndex.CONFIG).read16(PCI_COMMAND) & 0x4).as("MASTER").isZero();
    assertThat(device.device().dma().buffers()).as("DMA memory").isEmpty();
  }

  /** After a fault: quiet; and once the fault is gone, the next boot works and can be ended. */
  void recovers() {
    loader.powerDown().block(LIMIT);
    isQuiet();
    faults.faults().forEach(fault -> clear(fault.name()));
    assertThat(boots().report().attempts()).isEqualTo(1);
    loader.powerDown().block(LIMIT);
    isQuiet();
  }

  private void clear(String fault) {
    faults.clear(fault);
    if (ModelDoor.inOtherProcess()) {
      ModelDoor.clear(address, fault);
    }
  }

  @Override
  public void close() {
    device.close().block(LIMIT);
    ModelDoor.end(address);
    if (ownsLoop) {
      loop.close().block(LIMIT);
    }
  }
}
