package dev.vflux.adsp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.vflux.adsp.RecoveryEvent.Recovered;
import dev.vflux.adsp.RecoveryEvent.RungFailed;
import dev.vflux.adsp.RecoveryEvent.RungStarted;
import dev.vflux.emulated.BoardSettings;
import dev.vflux.emulated.EmulatedDevices;
import dev.vflux.hda.BufferDescriptorList;
import dev.vflux.hda.HdaStream;
import dev.vflux.hda.StreamDirection;
import dev.vflux.hda.StreamFormat;
import dev.vflux.hda.StreamRoute;
import dev.vflux.ipc.IpcException;
import dev.vflux.reactive.ReactiveDevice;
import dev.vflux.reactive.RegisterTimeoutException;
import dev.vflux.testing.Await;
import dev.vflux.testing.FaultCell;
import dev.vflux.testing.FaultOutcome;
import dev.vflux.testing.FaultRow;
import dev.vflux.testing.LeakCheck;
import dev.vflux.vfio.DmaBuffer;
import dev.vflux.vfio.RegionIndex;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import reactor.core.publisher.Mono;

/** The ladder: each hang is ended by its own rung, and not by a smaller one. */
@ExtendWith(LeakCheck.class)
class DspRecoveryTest {

  private final List<RecoveryEvent> events = Collections.synchronizedList(new ArrayList<>());

  private Recovered recovers(DspRecovery recovery) {
    RecoveryEvent last =
        recovery
            .recover()
            .doOnNext(events::add)
            .last()
            .blockOptional(BootBench.LIMIT)
            .orElseThrow();
    assertThat(last).isInstanceOf(Recovered.class);
    return (Recovered) last;
  }

  private List<RecoveryRung> tried() {
    return events.stream().filter(RungStarted.class::isInstance).map(RecoveryEvent::rung).toList();
  }

  private Throwable reason(RecoveryRung rung) {
    return events.stream()
        .filter(event -> event.rung() == rung && event instanceof RungFailed)
        .map(event -> ((RungFailed) event).error())
        .findFirst()
        .orElseThrow();
  }

  private static DspRecovery ladder(BootBench bench) {
    return DspRecovery.builder(bench.loader, bench.image).build();
  }

  private static void answers(FirmwareLoader loader) {
    RunningDsp dsp = loader.running().blockOptional(BootBench.LIMIT).orElseThrow();
    dsp.ipc().request(IpcBench.message(8, 0x4003_0000)).block(BootBench.LIMIT);
  }

  private static void answersNoMore(BootBench bench) {
    assertThatThrownBy(() -> answers(bench.loader))
        .isInstanceOfSatisfying(
            IpcException.class,
            hung -> assertThat(hung.reason()).isEqualTo(IpcException.Reason.TIMEOUT));
  }

  /** Recovered, quiet once powered down, and able to boot again. */
  private void isUsable(BootBench bench) {
    bench.loader.powerDown().block(BootBench.LIMIT);
    bench.isQuiet();
    assertThat(bench.boots().report().attempts()).isEqualTo(1);
    answers(bench.loader);
  }

  @Test
  void aFirmwareThatAnswersNeedsNoMoreThanTheFirstRung() {
    try (BootBench bench = BootBench.cml("")) {
      BootedFirmware firmware = bench.boots();
      Recovered back = recovers(ladder(bench));
      assertThat(back.rung()).isEqualTo(RecoveryRung.STREAM);
      assertThat(back.firmware()).isSameAs(firmware);
      assertThat(back.loader()).isSameAs(bench.loader);
      assertThat(back.at()).isGreaterThanOrEqualTo(back.took());
      assertThat(tried()).containsExactly(RecoveryRung.STREAM);
      isUsable(bench);
    }
  }

  private static void onLoop(BootBench bench, Mono<Void> work) {
    Void unusedNothing = work.subscribeOn(bench.loop.scheduler()).block(BootBench.LIMIT);
  }

  private static boolean runs(BootBench bench, HdaStream stream) {
    return (bench.registers(RegionIndex.BAR0).read8(0x80 + 0x20 * stream.index()) & 0x2) != 0;
  }

  @Test
  void aStreamWhoseRunStaysSetIsReset() {
    try (BootBench bench = BootBench.cml("run-stuck@1")) {
      BootedFirmware firmware = bench.boots();
      RunningDsp dsp = bench.loader.running().blockOptional(BootBench.LIMIT).orElseThrow();
      HdaStream stream = dsp.hda().openStream(StreamDirection.PLAYBACK);
      DmaBuffer data = bench.device.device().dma().allocate("data", 8192);
      BufferDescriptorList list = BufferDescriptorList.over(data.iova(), 8192);
      DmaBuffer listMemory = bench.device.device().dma().allocate("list", 4096);
      Mono<Void> plays =
          stream
              .prepare(StreamRoute.LINK, StreamFormat.CODE_LOAD, list, listMemory)
              .then(Mono.defer(stream::start));
      onLoop(bench, plays);
      Await.until("it moves", () -> stream.position() > 0);
      assertThatThrownBy(() -> onLoop(bench, stream.pause()))
          .isInstanceOf(RegisterTimeoutException.class);
      assertThat(runs(bench, stream)).isTrue();
      Recovered back = recovers(ladder(bench));
      assertThat(back.rung()).isEqualTo(RecoveryRung.STREAM);
      assertThat(back.firmware()).isSameAs(firmware);
      assertThat(runs(bench, stream)).isFalse();
      onLoop(bench, plays.then(Mono.defer(stream::stop)).then(Mono.fromRunnable(stream::close)));
      assertThat(runs(bench, stream)).isFalse();
      data.close();
      listMemory.close();
      isUsable(bench);
    }
  }

  @Test
  @FaultCell(FaultRow.DSP_HANGS)
  void aCoreThatKeepsItsPowerIsPutIntoReset(FaultOutcome outcome) {
    try (BootBench bench = BootBench.cml("hang:core")) {
      bench.boots();
      answersNoMore(bench);
      List<String> writes = bench.writes(RegionIndex.BAR0);
      Recovered back = recovers(ladder(bench));
      assertThat(back.rung()).isEqualTo(RecoveryRung.CORE);
      assertThat(reason(RecoveryRung.STREAM)).isInstanceOf(IpcException.class);
      assertThat(writes)
          .as("the controller is not reset")
          .noneMatch(w -> w.startsWith("BAR0+0x8="));
      isUsable(bench);
      outcome.through(bench.device.device()).survived();
    }
  }

  @Test
  void whatBackMeansIsTheApplications() {
    try (BootBench bench = BootBench.cml("")) {
      bench.boots();
      RunningDsp dsp = bench.loader.running().blockOptional(BootBench.LIMIT).orElseThrow();
      DspRecovery recovery =
          DspRecovery.builder(bench.loader, bench.image)
              .check(
                  now ->
                      now == dsp ? Mono.error(new IllegalStateException("no sound")) : Mono.empty())
              .build();
      Recovered back = recovers(recovery);
      assertThat(back.rung()).isEqualTo(RecoveryRung.CORE);
      assertThat(reason(RecoveryRung.STREAM)).hasMessage("no sound");
      assertThat(dsp.ended().blockOptional(BootBench.LIMIT)).as("its users are told").isEmpty();
      isUsable(bench);
    }
  }

  @Test
  @FaultCell(FaultRow.DSP_HANGS)
  void coresThatKeepTheirPowerLoseItWithTheController(FaultOutcome outcome) {
    try (BootBench bench = BootBench.cml("hang:controller")) {
      bench.boots();
      answersNoMore(bench);
      assertThat(recovers(ladder(bench)).rung()).isEqualTo(RecoveryRung.CONTROLLER);
      assertThat(((FirmwareBootException) reason(RecoveryRung.CORE)).timeout())
          .hasValueSatisfying(timeout -> assertThat(timeout.register().name()).isEqualTo("ADSPCS"));
      isUsable(bench);
      outcome.through(bench.device.device()).survived();
    }
  }

  @Test
  @FaultCell(FaultRow.DSP_HANGS)
  void aControllerThatIsStuckIsResetWithItsFunction(FaultOutcome outcome) {
    try (BootBench bench = BootBench.cml("hang:function")) {
      bench.boots();
      answersNoMore(bench);
      assertThat(recovers(ladder(bench)).rung()).isEqualTo(RecoveryRung.FUNCTION);
      assertThat(((FirmwareBootException) reason(RecoveryRung.CONTROLLER)).timeout())
          .hasValueSatisfying(timeout -> assertThat(timeout.register().name()).isEqualTo("GCTL"));
      isUsable(bench);
      outcome.through(bench.device.device()).survived();
    }
  }

  private static Mono<ReactiveDevice> fresh(BootBench bench) {
    return Mono.fromSupplier(
        () -> ReactiveDevice.of(EmulatedDevices.open("cml", BoardSettings.defaults()), bench.loop));
  }

  @Test
  void whatNoResetEndsIsOpenedAgain() {
    assumeFalse(ModelDoor.inOtherProcess(), "the server keeps the device open");
    try (BootBench bench = BootBench.cml("hang:reopen")) {
      bench.boots();
      answersNoMore(bench);
      Recovered back =
          recovers(DspRecovery.builder(bench.loader, bench.image).reopen(fresh(bench)).build());
      assertThat(back.rung()).isEqualTo(RecoveryRung.REOPEN);
      assertThat(tried()).containsExactly(RecoveryRung.values());
      assertThat(bench.device.device().isClosed()).isTrue();
      assertThat(back.loader().device()).isNotSameAs(bench.device);
      answers(back.loader());
      back.loader().device().close().block(BootBench.LIMIT);
    }
  }

  @Test
  void whenNothingHelpsEveryReasonIsTold() {
    try (BootBench bench = BootBench.cml("hang:reopen")) {
      bench.boots();
      answersNoMore(bench);
      DspRecoveryException error =
          catchThrowableOfType(
              DspRecoveryException.class,
              () -> ladder(bench).recover().doOnNext(events::add).blockLast(BootBench.LIMIT));
      assertThat(error.reasons().keySet())
          .containsExactly(
              RecoveryRung.STREAM,
              RecoveryRung.CORE,
              RecoveryRung.CONTROLLER,
              RecoveryRung.FUNCTION);
      assertThat(error.getSuppressed())
          .contains(error.reasons().values().toArray(Throwable[]::new));
      assertThat(tried()).containsExactlyElementsOf(error.reasons().keySet());
    }
  }

  /** Nothing was booted yet: the lower rungs have nothing to work on. */
  @Test
  void aDspThatDoesNotRunIsBooted() {
    try (BootBench bench = BootBench.cml("")) {
      assertThat(recovers(ladder(bench)).rung()).isEqualTo(RecoveryRung.CONTROLLER);
      assertThat(reason(RecoveryRung.STREAM)).isInstanceOf(NotRunningException.class);
      assertThat(reason(RecoveryRung.CORE)).hasMessageContaining("no firmware runs");
      isUsable(bench);
    }
  }
}
