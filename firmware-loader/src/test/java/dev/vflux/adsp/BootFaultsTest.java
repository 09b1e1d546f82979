package dev.vflux.adsp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.vflux.hda.HdaException;
import dev.vflux.ipc.FwReadyException;
import dev.vflux.reactive.DriverLoop;
import dev.vflux.reactive.RegisterTimeoutException;
import dev.vflux.testing.FaultCell;
import dev.vflux.testing.FaultOutcome;
import dev.vflux.testing.FaultRow;
import dev.vflux.testing.LeakCheck;
import dev.vflux.vfio.DeviceGoneException;
import dev.vflux.vfio.ResetOutcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * Every fault of the model and what the driver makes of it: it boots and says what was odd, or it
 * fails with a typed error; the device is quiet afterwards, and the next boot works.
 */
@ExtendWith(LeakCheck.class)
class BootFaultsTest {

  private static void timedOut(
      FirmwareBootException error, String register, int mask, int wanted, int last) {
    assertThat(error.timeout()).isPresent();
    RegisterTimeoutException timeout = error.timeout().orElseThrow();
    assertThat(timeout.register().name()).isEqualTo(register);
    assertThat(timeout.mask()).isEqualTo(mask);
    assertThat(timeout.wanted()).isEqualTo(wanted);
    assertThat(timeout.last()).isEqualTo(last);
    assertThat(error.isTransient()).isTrue();
  }

  @Test
  void coreNeverPowers() {
    try (BootBench bench = BootBench.cml("core-never-powers")) {
      FirmwareBootException error = bench.fails();
      assertThat(error.stage()).isEqualTo(BootStage.POWER_UP_CORES);
      assertThat(error.attempt()).isEqualTo(3);
      timedOut(error, "ADSPCS", 0x0f000000, 0x0f000000, 0x000f0f0f);
      assertThat(bench.events(BootEvent.AttemptFailed.class))
          .extracting(BootEvent.AttemptFailed::attempt)
          .containsExactly(1, 2, 3);
      bench.recovers();
    }
  }

  @Test
  void coreDoesNotPowerOnce() {
    try (BootBench bench = BootBench.cml("core-never-powers@1")) {
      assertThat(bench.fails(FirmwareLoader.builder(bench.device).attempts(1).build(), bench.image))
          .hasMessageContaining("ADSPCS");
      bench.recovers();
    }
  }

  @Test
  void powerUpSlow() {
    try (BootBench bench = BootBench.cml("power-up-slow:10")) {
      BootedFirmware firmware = bench.boots();
      assertThat(firmware.report().attempts()).isEqualTo(1);
      // the device counts from the write of SPA, which is after the stage has begun
      assertThat(BootBench.time(firmware, BootStage.POWER_UP_CORES).took())
          .isGreaterThanOrEqualTo(Duration.ofMillis(10));
    }
  }

  @Test
  void doneNever() {
    try (BootBench bench = BootBench.cml("done-never")) {
      FirmwareBootException error = bench.fails();
      assertThat(error.stage()).isEqualTo(BootStage.ROM_DONE);
      assertThat(error.attempt()).isEqualTo(3);
      timedOut(error, "HIPCIDA", 0x80000000, 0x80000000, 0);
      bench.recovers();
    }
  }

  @Test
  void doneLate() {
    try (BootBench bench = BootBench.cml("done-late:150")) {
      BootedFirmware firmware = bench.boots();
      // the ROM sees the doorbell once core 0 runs, which is after the stage before has begun
      assertThat(bench.finished(BootStage.ROM_DONE).minus(bench.started(BootStage.RUN_CORE_0)))
          .isGreaterThanOrEqualTo(Duration.ofMillis(150));
      assertThat(firmware.report().attempts()).isEqualTo(1);
      assertThat(firmware.report().lostInterrupts()).isZero();
    }
  }

  @Test
  void doneTooLateInTheFirstAttempt() {
    try (BootBench bench = BootBench.cml("done-late:600@1")) {
      assertThat(bench.boots().report().attempts()).isEqualTo(2);
      assertThat(bench.events(BootEvent.AttemptFailed.class))
          .singleElement()
          .satisfies(failed -> assertThat(failed.error().stage()).isEqualTo(BootStage.ROM_DONE));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "0, the ROM, 0x00000000",
    "10, CSE IMR request, 0x06000010",
    "11, CSE IMR granted, 0x00000011",
    "21, CSE reset phase 1, 0x06000021"
  })
  void romStuckBeforeItTakesCode(String state, String words, String status) {
    try (BootBench bench = BootBench.cml("rom-stuck:" + state)) {
      FirmwareBootException error = bench.fails();
      assertThat(error.attempt()).isEqualTo(3);
      if (state.equals("0")) {
        assertThat(error.stage()).isEqualTo(BootStage.ROM_DONE);
      } else {
        assertThat(error.stage()).isEqualTo(BootStage.ROM_READY);
        timedOut(error, "ROM_STATUS", 0xffffff, 1, Integer.decode(status));
        assertThat(error).hasMessageContaining(words);
      }
      if (state.equals("21")) {
        assertThat(error.advice()).contains("CSME disabled");
      }
      assertThat(error.romStatus())
          .hasValueSatisfying(
              rom -> assertThat(rom.state()).isEqualTo(Integer.parseInt(state, 16)));
      bench.recovers();
    }
  }

  // each of them sits out the three seconds: all at once, on one loop
  @Test
  void romStuckWhileItLoads() {
    List<String> states = List.of("1", "6", "7", "2", "3", "4", "12", "13");
    DriverLoop loop = DriverLoop.create();
    List<BootBench> benches = new ArrayList<>();
    states.forEach(state -> benches.add(BootBench.on(loop, "cml", "rom-stuck:" + state)));
    List<FirmwareBootException> errors =
        Flux.fromIterable(benches)
            .flatMapSequential(
                bench ->
                    bench
                        .loader
                        .load(bench.image)
                        .<FirmwareBootException>flatMap(booted -> Mono.empty())
                        .onErrorResume(FirmwareBootException.class, Mono::just))
            .collectList()
            .blockOptional(BootBench.LIMIT)
            .orElseThrow();
    assertThat(errors).hasSameSizeAs(states);
    for (int i = 0; i < states.size(); i++) {
      FirmwareBootException error = errors.get(i);
      int state = Integer.parseInt(states.get(i), 16);
      assertThat(error.stage()).as(error.getMessage()).isEqualTo(BootStage.CODE_LOAD);
      assertThat(error.attempt()).isEqualTo(1);
      RegisterTimeoutException timeout = error.timeout().orElseThrow();
      assertThat(timeout.register().name()).isEqualTo("ROM_STATUS");
      assertThat(timeout.wanted()).isEqualTo(5);
      assertThat(timeout.last() & 0xffffff).isEqualTo(state);
      assertThat(error.romStatus())
          .hasValueSatisfying(rom -> assertThat(rom.state()).isEqualTo(state));
    }
    assertThat(errors.get(0).advice()).contains("DMA has not moved").contains("MASTER");
    for (BootBench bench : benches) {
      bench.recovers();
      bench.close();
    }
    loop.close().block(BootBench.LIMIT);
  }

  @Test
  void romStuckAtTheEntry() {
    try (BootBench bench = BootBench.cml("rom-stuck:5")) {
      FirmwareBootException error = bench.fails();
      assertThat(error.stage()).isEqualTo(BootStage.FW_READY);
      timedOut(error, "HIPCTDR", 0x80000000, 0x80000000, 0);
      bench.recovers();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {40, 41, 45, 46, 21})
  void romErrorBeforeItTakesCodeIsTriedAgain(int code) {
    try (BootBench bench = BootBench.cml("rom-error:" + code)) {
      FirmwareBootException error = bench.fails();
      assertThat(error.getCause())
          .as("told by the ROM, not by the end of a wait")
          .isInstanceOfSatisfying(
              RomHaltedException.class,
              halted -> assertThat(halted.status().error()).isEqualTo(code));
      assertThat(error.stage()).isIn(BootStage.ROM_DONE, BootStage.ROM_READY);
      assertThat(error.attempt()).isEqualTo(3);
      assertThat(bench.events(BootEvent.AttemptFailed.class)).hasSize(3);
      bench.recovers();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {20, 42, 43, 44, 47, 50, 51, 6})
  void romErrorWhileItLoadsEndsTheBootAtOnce(int code) {
    try (BootBench bench = BootBench.cml("rom-error:" + code)) {
      FirmwareBootException error = bench.fails();
      RomStatus rom = error.romStatus().orElseThrow();
      assertThat(rom.halted()).isTrue();
      assertThat(rom.error()).isEqualTo(code);
      assertThat(error).hasCauseInstanceOf(RomHaltedException.class);
      assertThat(error).hasMessageContaining("error " + code + " (");
      assertThat(error.stage()).isIn(BootStage.ROM_READY, BootStage.CODE_LOAD);
      bench.recovers();
    }
  }

  @Test
  @FaultCell(FaultRow.FIRMWARE_REFUSED)
  void signatureRefused(FaultOutcome outcome) {
    try (BootBench bench = BootBench.cml("signature-refused")) {
      FirmwareBootException error = bench.fails();
      assertThat(error.stage()).isEqualTo(BootStage.CODE_LOAD);
      assertThat(error.attempt()).isEqualTo(1);
      assertThat(error.romStatus()).hasValue(new RomStatus(0x80000012, 44));
      assertThat(error.getMessage())
          .contains("CSE_VALIDATION_FAILED")
          .contains("signature")
          .contains("community");
      assertThat(error.timeout()).as("the three seconds are not sat out").isEmpty();
      outcome.through(bench.device.device()).failed(error);
      bench.recovers();
    }
  }

  @Test
  @FaultCell(FaultRow.DMA_STALLED)
  void dmaStalled(FaultOutcome outcome) {
    try (BootBench bench = BootBench.cml("dma-stalled")) {
      FirmwareBootException error = bench.fails();
      assertThat(error.stage()).isEqualTo(BootStage.CODE_LOAD);
      // FW_LOADED is the state in which it loads; it waits for the DMA's buffer
      timedOut(error, "ROM_STATUS", 0xffffff, 5, 0x0500_0004);
      assertThat(error.advice())
          .matches("the DMA stands at \\d+ of " + bench.image.payload().remaining() + " .*");
      outcome.through(bench.device.device()).failed(error);
      bench.recovers();
    }
  }

  @Test
  @FaultCell(FaultRow.DMA_FAULT)
  void dmaFault(FaultOutcome outcome) {
    try (BootBench bench = BootBench.cml("dma-fault")) {
      FirmwareBootException error = bench.fails();
      assertThat(error.stage()).isEqualTo(BootStage.CODE_LOAD);
      assertThat(error.getCause())
          .isInstanceOfSatisfying(
              HdaException.class,
              failed -> {
                assertThat(failed.reason()).isEqualTo(HdaException.Reason.STREAM_FAILED);
                assertThat(failed.advice()).contains("IOMMU");
              });
      outcome.through(bench.device.device()).failed(error);
      bench.recovers();
    }
  }

  @Test
  @FaultCell(FaultRow.FIRMWARE_SILENT)
  void fwReadyMissing(FaultOutcome outcome) {
    try (BootBench bench = BootBench.cml("fw-ready-missing")) {
      FirmwareBootException error = bench.fails();
      assertThat(error.stage()).isEqualTo(BootStage.FW_READY);
      timedOut(error, "HIPCTDR", 0x80000000, 0x80000000, 0);
      assertThat(error.timeout().orElseThrow().limit()).isEqualTo(BootSequence.FW_READY_LIMIT);
      outcome.through(bench.device.device()).failed(error);
      bench.recovers();
    }
  }

  /** FW_READY is waited for when the controller is reset under the driver. */
  @Test
  @FaultCell(FaultRow.RESET_DURING_WAIT)
  void resetWhileItWaits(FaultOutcome outcome) {
    try (BootBench bench = BootBench.cml("fw-ready-missing")) {
      Sinks.Empty<Void> waiting = Sinks.empty();
      Mono<BootEvent> boot =
          bench
              .loader
              .boot(bench.image)
              .doOnNext(
                  event -> {
                    if (event instanceof BootEvent.StageStarted started
                        && started.stage() == BootStage.FW_READY) {
                      waiting.tryEmitEmpty().orThrow();
                    }
                  })
              .last()
              .cache();
      boot.subscribe(unused -> {}, unused -> {});
      waiting.asMono().block(BootBench.LIMIT);
      assertThat(bench.device.device().reset().kind()).isEqualTo(ResetOutcome.Kind.DONE);
      outcome.through(bench.device.device());
      assertThat(outcome.observe(() -> boot.block(BootBench.LIMIT)))
          .isInstanceOfSatisfying(
              FirmwareBootException.class,
              error -> assertThat(error.stage()).isEqualTo(BootStage.FW_READY));
      bench.recovers();
    }
  }

  @Test
  void fwReadyBadAbi() {
    try (BootBench bench = BootBench.cml("fw-ready-bad-abi:4")) {
      notReady(bench, FwReadyException.Reason.INCOMPATIBLE_ABI);
    }
  }

  @Test
  void fwReadyBadWindows() {
    try (BootBench bench = BootBench.cml("fw-ready-bad-windows")) {
      notReady(bench, FwReadyException.Reason.WINDOWS_DIFFER, FwReadyException.Reason.BAD_WINDOWS);
    }
  }

  private static void notReady(BootBench bench, FwReadyException.Reason... reasons) {
    FirmwareBootException error = bench.fails();
    assertThat(error.stage()).isEqualTo(BootStage.FW_READY);
    assertThat(error.getCause())
        .isInstanceOfSatisfying(
            FwReadyException.class, wrong -> assertThat(wrong.reason()).isIn((Object[]) reasons));
    bench.recovers();
  }

  // of an attempt's interrupts: DONE, the end of the buffer, FW_READY
  @Test
  @FaultCell(FaultRow.INTERRUPT_LOST)
  void theInterruptOfDoneIsLost(FaultOutcome outcome) {
    try (BootBench bench = BootBench.cml("interrupt-lost:1")) {
      BootedFirmware firmware = bench.boots();
      assertThat(firmware.report().lostInterrupts()).isEqualTo(1);
      assertThat(firmware.report().attempts()).isEqualTo(1);
      assertThat(bench.events(BootEvent.LostInterrupt.class))
          .singleElement()
          .satisfies(
              lost -> {
                assertThat(lost.stage()).isEqualTo(BootStage.ROM_DONE);
                assertThat(lost.register()).isEqualTo("HIPCIDA");
              });
      outcome.through(bench.device.device()).survived();
      bench.recovers();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4, 5})
  void aLaterInterruptIsLost(int number) {
    try (BootBench bench = BootBench.cml("interrupt-lost:" + number)) {
      BootedFirmware firmware = bench.boots();
      assertThat(firmware.report().lostInterrupts()).isLessThanOrEqualTo(1);
      assertThat(bench.events(BootEvent.LostInterrupt.class))
          .hasSize(firmware.report().lostInterrupts())
          .allSatisfy(lost -> assertThat(lost.register()).isEqualTo("HIPCTDR"));
      bench.loader.powerDown().block(BootBench.LIMIT);
      bench.isQuiet();
    }
  }

  @Test
  @FaultCell(FaultRow.INTERRUPT_STORM)
  void interruptStorm(FaultOutcome outcome) {
    try (BootBench bench = BootBench.cml("interrupt-storm:2000")) {
      BootedFirmware firmware = bench.boots();
      assertThat(firmware.report().spuriousInterrupts()).isPositive();
      assertThat(firmware.report().interrupts())
          .isGreaterThan(firmware.report().spuriousInterrupts());
      assertThat(bench.events(BootEvent.InterruptSeen.class))
          .as("interrupts without a cause are counted, not told one by one")
          .allSatisfy(seen -> assertThat(seen.causes()).isNotEmpty())
          .hasSizeLessThan(10);
      outcome.through(bench.device.device()).survived();
      bench.recovers();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"rom", "dma"})
  @FaultCell(FaultRow.UNPLUGGED)
  void allOnes(String where, FaultOutcome outcome) {
    try (BootBench bench = BootBench.cml("all-ones:" + where)) {
      FirmwareBootException error = bench.fails();
      assertThat(error.getCause())
          .isInstanceOfSatisfying(
              DeviceGoneException.class,
              gone -> assertThat(gone.answer()).contains("the device is gone"));
      assertThat(error.romStatus()).isEmpty();
      assertThat(error.isTransient()).isFalse();
      assertThat(error.timeout()).as("no limit is sat out").isEmpty();
      assertThat(bench.device.device().dma().buffers()).isEmpty();
      assertThatExceptionOfType(DeviceGoneException.class)
          .as("another boot")
          .isThrownBy(() -> bench.boots());
      outcome.through(bench.device.device()).failed(error);
    }
  }

  @Test
  @FaultCell(FaultRow.RELEASE_REQUEST)
  void theKernelWantsTheDeviceBack(FaultOutcome outcome) {
    try (BootBench bench = BootBench.cml("req")) {
      FirmwareBootException error = bench.fails();
      assertThat(error)
          .hasCauseInstanceOf(DeviceRequestedException.class)
          .hasMessageContaining("REQ");
      assertThat(bench.device.releaseRequested().block(BootBench.LIMIT)).isNotNull();
      bench.device.close().block(BootBench.LIMIT);
      assertThat(bench.device.device().isClosed()).isTrue();
      outcome.through(bench.device.device()).failed(error);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void succeedsOnALaterAttempt(int attempt) {
    try (BootBench bench = BootBench.cml("succeeds-on:" + attempt)) {
      BootedFirmware firmware = bench.boots();
      assertThat(firmware.report().attempts()).isEqualTo(attempt);
      assertThat(bench.events(BootEvent.AttemptFailed.class)).hasSize(attempt - 1);
    }
  }

  @Test
  void succeedsTooLate() {
    try (BootBench bench = BootBench.cml("succeeds-on:4")) {
      assertThat(bench.fails().attempt()).isEqualTo(3);
      bench.recovers();
    }
    try (BootBench bench = BootBench.cml("succeeds-on:4")) {
      FirmwareLoader patient = FirmwareLoader.builder(bench.device).attempts(4).build();
      assertThat(bench.boots(patient, bench.image).report().attempts()).isEqualTo(4);
    }
  }
}
