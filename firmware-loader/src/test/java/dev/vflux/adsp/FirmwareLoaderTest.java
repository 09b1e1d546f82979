package dev.vflux.adsp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.tuple;

import dev.vflux.firmware.FirmwareFamily;
import dev.vflux.firmware.FirmwareImage;
import dev.vflux.firmware.FirmwareImageBuilder;
import dev.vflux.firmware.FirmwareVerificationException;
import dev.vflux.firmware.FirmwareVersion;
import dev.vflux.firmware.IpcVersion;
import dev.vflux.firmware.SampleImages;
import dev.vflux.firmware.WindowType;
import dev.vflux.reactive.DriverLoop;
import dev.vflux.testing.LeakCheck;
import dev.vflux.vfio.DriverException;
import dev.vflux.vfio.RegionIndex;
import dev.vflux.vfio.ResetOutcome;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;

/** Boots that succeed: every platform, both protocols, again, from memory, and two at a time. */
@ExtendWith(LeakCheck.class)
class FirmwareLoaderTest {

  @ParameterizedTest
  @ValueSource(strings = {"apl", "cnl", "cml", "icl", "jsl", "tgl", "adl"})
  void everyPlatformBootsIpc3(String model) {
    try (BootBench bench = BootBench.open(model, "")) {
      BootedFirmware firmware = bench.boots();

      assertThat(firmware.ipc()).isEqualTo(IpcVersion.IPC3);
      assertThat(firmware.version().toString()).isEqualTo(bench.image.version().toString());
      assertThat(firmware.abi()).hasValueSatisfying(abi -> assertThat(abi.major()).isEqualTo(3));
      assertThat(firmware.windows()).isEqualTo(bench.image.windows());
      assertThat(firmware.windows()).anyMatch(window -> window.type() == WindowType.UPBOX);
      assertThat(firmware.report().attempts()).isEqualTo(1);
      assertThat(firmware.report().lostInterrupts()).isZero();
      assertThat(firmware.report().imr()).isFalse();
      bench.loader.powerDown().block(BootBench.LIMIT);
      bench.isQuiet();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"tgl", "adl"})
  void newerPlatformsBootIpc4(String model) {
    try (BootBench bench = BootBench.open(model, "")) {
      FirmwareImage image = BootBench.ipc4Image(FirmwareFamily.CAVS_2_5);
      BootedFirmware firmware = bench.boots(bench.loader, image);
      assertThat(firmware.ipc()).isEqualTo(IpcVersion.IPC4);
      assertThat(firmware.version()).isEqualTo(image.version());
      assertThat(firmware.abi()).isEmpty();
    }
  }

  @Test
  void eventsTellTheStagesInOrderAndTheInterruptsThatDroveThem() {
    try (BootBench bench = BootBench.cml("")) {
      BootedFirmware firmware = bench.boots();

      assertThat(bench.events.get(0)).isInstanceOf(BootEvent.Started.class);
      assertThat(bench.events(BootEvent.Started.class).get(0).platform())
          .isEqualTo(DspPlatform.CML_LP);
      assertThat(bench.events(BootEvent.Verified.class).get(0).report().verified()).isTrue();
      assertThat(bench.events(BootEvent.StageStarted.class))
          .extracting(BootEvent.StageStarted::stage)
          .containsExactly(
              BootStage.VERIFY_IMAGE,
              BootStage.POWER_UP_FUNCTION,
              BootStage.RESET_CONTROLLER,
              BootStage.INIT_CONTROLLER,
              BootStage.GATING_OFF,
              BootStage.PREPARE_DMA,
              BootStage.POWER_UP_CORES,
              BootStage.CONFIGURE_SSP,
              BootStage.ROM_CONTROL,
              BootStage.RUN_CORE_0,
              BootStage.ROM_DONE,
              BootStage.POWER_DOWN_CORES,
              BootStage.ROM_READY,
              BootStage.CODE_LOAD,
              BootStage.STOP_DMA,
              BootStage.FW_READY,
              BootStage.GATING_ON);
      assertThat(bench.events(BootEvent.InterruptSeen.class))
          .flatExtracting(BootEvent.InterruptSeen::causes)
          .contains(InterruptCause.DSP_DONE, InterruptCause.STREAM, InterruptCause.DSP_MESSAGE);
      assertThat(bench.events(BootEvent.Progress.class))
          .extracting(BootEvent.Progress::transferred)
          .isSorted()
          .endsWith(bench.image.payload().remaining());
      assertThat(bench.events).extracting(BootEvent::at).isSorted();
      assertThat(bench.events.get(bench.events.size() - 1))
          .isEqualTo(new BootEvent.Completed(firmware.report().total(), firmware));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "succeeds-on:2"})
  void theReportAddsUp(String faults) {
    try (BootBench bench = BootBench.cml(faults)) {
      BootReport report = bench.boots().report();
      Duration waited =
          report.stages().stream()
              .map(BootReport.StageTime::waited)
              .reduce(Duration.ZERO, Duration::plus);
      if (faults.isEmpty()) {
        assertThat(report.waited()).isEqualTo(waited);
      } else {
        assertThat(report.waited()).as("between attempts too").isGreaterThan(waited);
      }
      assertThat(report.ours()).isEqualTo(report.total().minus(report.waited())).isPositive();
      assertThat(report.stages())
          .allSatisfy(stage -> assertThat(stage.took()).isGreaterThanOrEqualTo(stage.waited()));
      assertThat(report.interrupts()).isGreaterThanOrEqualTo(3);
      assertThat(report.stages().stream().filter(stage -> !stage.succeeded()))
          .as("the stages that failed are there, each of the attempt that did")
          .extracting(BootReport.StageTime::stage, BootReport.StageTime::attempt)
          .isEqualTo(
              bench.events(BootEvent.AttemptFailed.class).stream()
                  .map(failed -> tuple(failed.error().stage(), failed.attempt()))
                  .toList());
      assertThat(bench.events(BootEvent.AttemptFailed.class)).hasSize(report.attempts() - 1);
    }
  }

  @Test
  void bootIsColdAndStepByStep() {
    try (BootBench bench = BootBench.cml("")) {
      Flux<BootEvent> boot = bench.loader.boot(bench.image);
      assertThat(bench.registers(RegionIndex.BAR0).read32(0x08)).as("GCTL, untouched").isZero();
      StepVerifier.create(boot, 0)
          .thenRequest(1)
          .expectNextMatches(BootEvent.Started.class::isInstance)
          .thenRequest(1)
          .expectNextMatches(BootEvent.StageStarted.class::isInstance)
          .thenRequest(Long.MAX_VALUE)
          .thenConsumeWhile(event -> !(event instanceof BootEvent.Completed))
          .expectNextMatches(BootEvent.Completed.class::isInstance)
          .expectComplete()
          .verify(BootBench.LIMIT);
    }
  }

  @Test
  void loadGivesTheFirmware() {
    try (BootBench bench = BootBench.cml("")) {
      StepVerifier.create(bench.loader.load(bench.image))
          .assertNext(firmware -> assertThat(firmware.platform()).isEqualTo(DspPlatform.CML_LP))
          .expectComplete()
          .verify(BootBench.LIMIT);
    }
  }

  @Test
  void theFirmwareRunsUntilItIsPoweredDown() {
    try (BootBench bench = BootBench.cml("")) {
      BootedFirmware unusedFirmware = bench.boots();
      assertThat(bench.registers(RegionIndex.BAR4).read32(0x04))
          .as("core 0 runs, the others have no power")
          .isEqualTo(0x01010e0e);
      assertThat(bench.registers(RegionIndex.CONFIG).read32(0x48) & 0x2).as("gating").isEqualTo(2);
      assertThat(bench.device.device().dma().buffers()).as("position buffer only").hasSize(1);
      bench.loader.powerDown().block(BootBench.LIMIT);
      bench.isQuiet();
      bench.loader.powerDown().block(BootBench.LIMIT);
    }
  }

  @Test
  void powerDownTakesTheStepsInOrder() {
    try (BootBench bench = BootBench.cml("")) {
      BootedFirmware unusedFirmware = bench.boots();
      List<String> writes = bench.writes(RegionIndex.BAR0, RegionIndex.BAR4);
      bench.loader.powerDown().block(BootBench.LIMIT);
      bench.loop.call(() -> 0).block(BootBench.LIMIT);
      assertThat(writes)
          .containsSubsequence(
              "BAR4+0x8=0x0", // ADSPIC.IPC
              "BAR4+0xe8=0x0", // HIPCCTL
              "BAR4+0x4=0x1010f0e", // ADSPCS: core 0 stalled
              "BAR4+0x4=0x1010f0f", // in reset
              "BAR4+0x4=0x1000f0f", // SPA off
              "BAR0+0x804=0x40000000", // PPCTL.PIE
              "BAR0+0x804=0x0", // GPROCEN
              "BAR0+0x20=0x0", // INTCTL
              "BAR0+0x8=0x100"); // GCTL.CRST
    }
  }

  private static List<String> writesOfABoot(String model) {
    try (BootBench bench = BootBench.open(model, "")) {
      List<String> writes = bench.writes(RegionIndex.BAR0, RegionIndex.BAR4);
      BootedFirmware unusedFirmware = bench.boots();
      return writes;
    }
  }

  @Test
  void interruptsAreOnBeforeTheDoorbellAndCore0RunsAfterIt() {
    assertThat(writesOfABoot("cml"))
        .containsSubsequence(
            "BAR4+0x10004=0x3000000", // SSC1
            "BAR4+0xe8=0x3", // HIPCCTL
            "BAR4+0x8=0x1", // ADSPIC
            "BAR4+0xd0=0x81004000", // HIPCIDR: purge, channel 0
            "BAR4+0x4=0xf0f0f0e", // ADSPCS: core 0 out of reset
            "BAR4+0x4=0xf0f0e0e"); // and of stall
  }

  @Test
  void onAplTheFormatIsWrittenWhileTheStreamIsCoupled() {
    assertThat(writesOfABoot("apl"))
        .containsSubsequence(
            "BAR0+0x804=0xc0000080", // PPCTL.PROCEN of stream 7
            "BAR0+0x804=0xc0000000",
            "BAR0+0x172=0x40", // SD7FMT
            "BAR0+0x804=0xc0000080",
            "BAR4+0x48=0x81004000"); // HIPCI
  }

  @Test
  void onIclACaptureStreamRunsMeanwhileAndCore3GetsPowerAfterwards() {
    assertThat(writesOfABoot("icl"))
        .containsSubsequence(
            "BAR0+0x1048=0x5f", // LTRP: 95 us
            "BAR0+0x80=0x2", // SD0CTL.RUN
            "BAR4+0xd0=0x81004000",
            "BAR0+0x80=0x0",
            "BAR0+0x1048=0x20", // as it was
            "BAR4+0x4=0x1090e0e"); // ADSPCS: SPA of core 3, stalled and in reset
  }

  @Test
  void closingTheDevicePowersDown() {
    BootBench bench = BootBench.cml("");
    BootedFirmware unusedFirmware = bench.boots();
    List<String> writes = bench.writes(RegionIndex.BAR0);
    bench.close();
    assertThat(writes).contains("BAR0+0x804=0x0", "BAR0+0x8=0x100");
  }

  @Test
  void aSecondBootReplacesTheFirst() {
    FirmwareImage other =
        BootBench.small(FirmwareImageBuilder.of(FirmwareFamily.CAVS_1_8).version(7, 8, 9, 10));
    try (BootBench bench = BootBench.cml("")) {
      BootedFirmware unusedFirst = bench.boots();
      BootedFirmware second = bench.boots(bench.loader, other);
      assertThat(second.version())
          .extracting(FirmwareVersion::major, FirmwareVersion::minor)
          .containsExactly(7, 8);
      assertThat(second.report().imr()).isFalse();
    }
  }

  @Test
  void anImageThatSurvivesIsStartedFromMemory() {
    try (BootBench bench = BootBench.open("tgl", "")) {
      FirmwareImage image = BootBench.ipc4Image(FirmwareFamily.CAVS_2_5);
      assertThat(bench.boots(bench.loader, image).report().imr()).isFalse();
      bench.loader.powerDown().block(BootBench.LIMIT);
      bench.events.clear();

      BootedFirmware again = bench.boots(bench.loader, image);

      assertThat(again.report().imr()).isTrue();
      assertThat(bench.events(BootEvent.Started.class).get(0).imr()).isTrue();
      assertThat(bench.events(BootEvent.StageStarted.class))
          .extracting(BootEvent.StageStarted::stage)
          .doesNotContain(BootStage.PREPARE_DMA, BootStage.CODE_LOAD);
      assertThat(again.version()).isEqualTo(image.version());
    }
  }

  @Test
  void whenMemoryWasLostTheImageIsLoadedAfterAll() {
    try (BootBench bench = BootBench.open("tgl", "")) {
      FirmwareImage image = BootBench.ipc4Image(FirmwareFamily.CAVS_2_5);
      BootedFirmware unusedFirst = bench.boots(bench.loader, image);
      bench.loader.powerDown().block(BootBench.LIMIT);
      assertThat(bench.device.device().reset()).isEqualTo(ResetOutcome.DONE);
      bench.events.clear();

      BootedFirmware again = bench.boots(bench.loader, image);

      assertThat(again.report().imr()).isFalse();
      assertThat(bench.events(BootEvent.AttemptFailed.class))
          .singleElement()
          .satisfies(failed -> assertThat(failed.attempt()).isZero());
      assertThat(again.report().attempts()).isEqualTo(1);
    }
  }

  @Test
  void startingFromMemoryCanBeTurnedOff() {
    try (BootBench bench = BootBench.open("tgl", "")) {
      FirmwareImage image = BootBench.ipc4Image(FirmwareFamily.CAVS_2_5);
      FirmwareLoader loader = FirmwareLoader.builder(bench.device).imrBoot(false).build();
      BootedFirmware unusedFirst = bench.boots(loader, image);
      assertThat(bench.boots(loader, image).report().imr()).isFalse();
    }
  }

  @Test
  void twoDevicesBootOnOneLoopAtOnce() {
    DriverLoop loop = DriverLoop.create();
    try (BootBench cml = BootBench.on(loop, "cml", "");
        BootBench tgl = BootBench.on(loop, "tgl", "")) {
      StepVerifier.create(
              Flux.merge(cml.loader.load(cml.image), tgl.loader.load(tgl.image))
                  .map(BootedFirmware::platform)
                  .collectList())
          .assertNext(
              platforms ->
                  assertThat(platforms)
                      .containsExactlyInAnyOrder(DspPlatform.CML_LP, DspPlatform.TGL_LP))
          .expectComplete()
          .verify(BootBench.LIMIT);
    }
    loop.close().block(BootBench.LIMIT);
  }

  @Test
  void onlyOneBootAtATime() {
    try (BootBench bench = BootBench.cml("")) {
      Flux<BootEvent> twice =
          Flux.merge(bench.loader.boot(bench.image), bench.loader.boot(bench.image));
      StepVerifier.create(twice)
          .thenConsumeWhile(event -> true)
          .expectErrorSatisfies(
              error ->
                  assertThat(error)
                      .isInstanceOf(DriverException.class)
                      .hasMessageContaining("a boot is in progress"))
          .verify(BootBench.LIMIT);
      bench.loader.powerDown().block(BootBench.LIMIT);
      bench.isQuiet();
    }
  }

  @Test
  void anImageThatDoesNotVerifyIsNotLoadedUnlessAsked() {
    byte[] file = FirmwareImageBuilder.of(FirmwareFamily.CAVS_1_8).payloadPages(16).build();
    file[file.length - 5000] ^= 1;
    FirmwareImage broken = FirmwareImage.parse(ByteBuffer.wrap(file));
    try (BootBench bench = BootBench.cml("")) {
      FirmwareBootException required = bench.fails(bench.loader, broken);
      assertThat(required.stage()).isEqualTo(BootStage.VERIFY_IMAGE);
      assertThat(required).hasCauseInstanceOf(FirmwareVerificationException.class);

      FirmwareLoader reports =
          FirmwareLoader.builder(bench.device).verify(VerifyPolicy.REPORT).build();
      bench.events.clear();
      FirmwareBootException judgedByRom = bench.fails(reports, broken);
      assertThat(bench.events(BootEvent.Verified.class).get(0).report().verified()).isFalse();
      assertThat(judgedByRom.stage()).isEqualTo(BootStage.CODE_LOAD);
      assertThat(judgedByRom.romStatus())
          .hasValueSatisfying(
              rom -> assertThat(rom.error()).isEqualTo(RomStatus.CSE_VALIDATION_FAILED));

      FirmwareLoader off = FirmwareLoader.builder(bench.device).verify(VerifyPolicy.OFF).build();
      bench.events.clear();
      assertThat(bench.fails(off, broken).stage()).isEqualTo(BootStage.CODE_LOAD);
      assertThat(bench.events(BootEvent.Verified.class)).isEmpty();
      bench.isQuiet();
    }
  }

  @Test
  void anImageOfAnotherFamilyIsRefusedByName() {
    try (BootBench bench = BootBench.cml("")) {
      FirmwareBootException refused = bench.fails(bench.loader, SampleImages.tgl());
      assertThat(refused.stage()).isEqualTo(BootStage.VERIFY_IMAGE);
      assertThat(refused)
          .hasCauseInstanceOf(PlatformException.class)
          .hasMessageContaining("CAVS_2_5")
          .hasMessageContaining("sof-cml.ri");
    }
  }

  @Test
  void theBuilderChecksItsNumbers() {
    try (BootBench bench = BootBench.cml("")) {
      FirmwareLoader.Builder builder = FirmwareLoader.builder(bench.device);
      assertThatIllegalArgumentException().isThrownBy(() -> builder.attempts(0));
      assertThatIllegalArgumentException().isThrownBy(() -> builder.attempts(11));
      assertThat(builder.attempts(2).verify(VerifyPolicy.OFF).imrBoot(false).build().toString())
          .contains(bench.device.device().info().name(), "OFF", "attempts 2", "IMR boot off");
      bench.device.close().block(BootBench.LIMIT);
      assertThatExceptionOfType(DriverException.class).isThrownBy(builder::build);
    }
  }
}
