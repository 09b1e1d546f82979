package dev.vflux.adsp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vflux.testing.LeakCheck;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.StepVerifier;

/** A boot that is cancelled, powered down or closed under way leaves the device quiet. */
@ExtendWith(LeakCheck.class)
class CancelTest {

  private static boolean begins(BootEvent event, BootStage stage) {
    return event instanceof BootEvent.StageStarted started && started.stage() == stage;
  }

  private static boolean ends(BootEvent event, BootStage stage) {
    return event instanceof BootEvent.StageFinished finished && finished.stage() == stage;
  }

  // ICL has every stage but the last resort of the newer ones
  @ParameterizedTest
  @EnumSource(BootStage.class)
  void atTheBeginningOfEveryStage(BootStage stage) {
    try (BootBench bench = BootBench.open("icl", "")) {
      BootEvent last =
          bench
              .loader
              .boot(bench.image)
              .takeUntil(event -> begins(event, stage))
              .last()
              .blockOptional(BootBench.LIMIT)
              .orElseThrow();
      assertThat(begins(last, stage)).as("stage %s was reached", stage).isTrue();
      bench.loader.powerDown().block(BootBench.LIMIT);
      bench.recovers();
    }
  }

  @ParameterizedTest
  @EnumSource(BootStage.class)
  void atTheEndOfEveryStageFromAnotherThread(BootStage stage) throws InterruptedException {
    try (BootBench bench = BootBench.open("icl", "")) {
      CountDownLatch reached = new CountDownLatch(1);
      Disposable boot =
          bench
              .loader
              .boot(bench.image)
              .doOnNext(
                  event -> {
                    if (ends(event, stage)) {
                      reached.countDown();
                    }
                  })
              .subscribe();
      assertThat(reached.await(BootBench.LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
      boot.dispose();
      bench.loader.powerDown().block(BootBench.LIMIT);
      bench.recovers();
    }
  }

  // whatever the loop is doing at that moment
  @Test
  void atAnyMoment() {
    try (BootBench bench = BootBench.cml("")) {
      for (int micros = 0; micros < 60_000; micros += 1_500) {
        bench
            .loader
            .boot(bench.image)
            .takeUntilOther(Mono.delay(Duration.ofNanos(micros * 1_000L)))
            .then()
            .block(BootBench.LIMIT);
        bench.loader.powerDown().block(BootBench.LIMIT);
        bench.isQuiet();
      }
      bench.recovers();
    }
  }

  @Test
  void theNextBootWaitsUntilTheCancelledOneIsQuiet() {
    try (BootBench bench = BootBench.cml("")) {
      bench
          .loader
          .boot(bench.image)
          .takeUntil(event -> begins(event, BootStage.CODE_LOAD))
          .then()
          .block(BootBench.LIMIT);
      assertThat(bench.boots().report().attempts()).isEqualTo(1);
    }
  }

  private static StepVerifier.LastStep atFwReady(BootBench bench, Mono<Void> action) {
    return StepVerifier.create(
        bench
            .loader
            .boot(bench.image)
            .doOnNext(
                event -> {
                  if (begins(event, BootStage.FW_READY)) {
                    action.subscribe();
                  }
                })
            .ignoreElements());
  }

  @Test
  void poweringDownEndsABootWithATypedError() {
    try (BootBench bench = BootBench.cml("fw-ready-missing")) {
      atFwReady(bench, bench.loader.powerDown())
          .expectErrorSatisfies(
              error ->
                  assertThat(error)
                      .isInstanceOf(FirmwareBootException.class)
                      .hasCauseInstanceOf(DeviceRequestedException.class)
                      .hasMessageContaining("the application powers the DSP down"))
          .verify(BootBench.LIMIT);
      bench.recovers();
    }
  }

  // the power-down comes between the boot's success and its being noted
  @Test
  void poweringDownInTheMomentOfSuccessLeavesNothingRunning() {
    try (BootBench bench = BootBench.cml("")) {
      Sinks.Empty<Void> off = Sinks.empty();
      bench
          .loader
          .boot(bench.image)
          .doOnNext(
              event -> {
                if (ends(event, BootStage.GATING_ON)) {
                  bench
                      .loader
                      .powerDown()
                      .subscribe(nothing -> {}, off::tryEmitError, off::tryEmitEmpty);
                }
              })
          .onErrorComplete(FirmwareBootException.class)
          .blockLast(BootBench.LIMIT);
      off.asMono().block(BootBench.LIMIT);
      bench.isQuiet();
      bench.recovers();
    }
  }

  @Test
  void closingTheDeviceEndsABoot() {
    BootBench bench = BootBench.cml("fw-ready-missing");
    atFwReady(bench, bench.device.close())
        .expectErrorSatisfies(
            error -> assertThat(error).hasCauseInstanceOf(DeviceRequestedException.class))
        .verify(BootBench.LIMIT);
    bench.close();
  }
}
