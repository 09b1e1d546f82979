package dev.vflux.adsp;

import static dev.vflux.adsp.IpcBench.bufferNew;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.vflux.firmware.FirmwareFamily;
import dev.vflux.ipc.IpcException;
import dev.vflux.testing.LeakCheck;
import dev.vflux.vfio.DriverException;
import dev.vflux.vfio.RegionIndex;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

/** Who gets the firmware that runs, and in which order its end comes. */
@ExtendWith(LeakCheck.class)
class RunningDspTest {

  private static final long ADSPCS = 0x04;
  private static final int CORE_0_POWERED = 0x0100_0000;

  private static NotRunningException refused(BootBench bench) {
    NotRunningException error =
        catchThrowableOfType(
            NotRunningException.class, () -> bench.loader.running().block(BootBench.LIMIT));
    assertThat(error).as("there is none").isNotNull();
    return error;
  }

  @Test
  void withoutAFirmwareThereIsNone() {
    try (BootBench bench = BootBench.cml("")) {
      assertThat(refused(bench).reason()).isEqualTo(NotRunningException.Reason.NOTHING_RUNS);
      BootedFirmware firmware = bench.boots();
      RunningDsp dsp = bench.loader.running().blockOptional(BootBench.LIMIT).orElseThrow();
      assertThat(dsp.firmware()).isEqualTo(firmware);
      assertThat(dsp.hda().streams()).isNotEmpty();
      bench.loader.powerDown().block(BootBench.LIMIT);
      assertThat(refused(bench)).hasMessageContaining("boot one first");
      dsp.ended().block(BootBench.LIMIT);
    }
  }

  @Test
  void whileItBootsThereIsNone() {
    try (BootBench bench = BootBench.cml("")) {
      List<Throwable> errors = Collections.synchronizedList(new ArrayList<>());
      bench
          .loader
          .boot(bench.image)
          .doOnNext(event -> bench.loader.running().subscribe(dsp -> {}, errors::add))
          .blockLast(BootBench.LIMIT);
      assertThat(errors)
          .isNotEmpty()
          .allSatisfy(e -> assertThat(e).hasMessageContaining("wait until the boot"));
    }
  }

  @Test
  void ipc4IsBootedAndNotSpoken() {
    try (BootBench bench = BootBench.open("tgl", "")) {
      BootedFirmware unusedFirmware =
          bench.boots(bench.loader, BootBench.ipc4Image(FirmwareFamily.CAVS_2_5));
      assertThat(refused(bench).reason()).isEqualTo(NotRunningException.Reason.OTHER_PROTOCOL);
    }
  }

  private static boolean powered(IpcBench bench) {
    return (bench.bench.registers(RegionIndex.BAR4).read32(ADSPCS) & CORE_0_POWERED) != 0;
  }

  private static void inOrder(Mono<Void> powerDown, IpcBench bench) {
    List<String> order = Collections.synchronizedList(new ArrayList<>());
    Mono<Void> add =
        Mono.fromRunnable(
            () -> {
              bench
                  .dsp
                  .ended()
                  .subscribe(v -> {}, e -> {}, () -> order.add("ended " + powered(bench)));
              Disposable unusedFirst =
                  bench.dsp.beforePowerDown(
                      "first added",
                      bench.ipc.request(bufferNew(1)).doOnNext(r -> order.add("asked")).then());
              Disposable unusedSecond =
                  bench.dsp.beforePowerDown(
                      "second added", Mono.fromRunnable(() -> order.add("last added")));
              bench
                  .dsp
                  .beforePowerDown("taken back", Mono.fromRunnable(() -> order.add("never")))
                  .dispose();
            });
    add.subscribeOn(bench.bench.loop.scheduler()).block(BootBench.LIMIT);
    powerDown.block(BootBench.LIMIT);
    assertThat(order).containsExactly("last added", "asked", "ended true");
    assertThatExceptionOfType(IpcException.class)
        .isThrownBy(() -> bench.ask(bufferNew(2)))
        .satisfies(e -> assertThat(e.reason()).isEqualTo(IpcException.Reason.ENDED));
  }

  @Test
  void poweringDownEndsItsUsersFirst() {
    try (IpcBench bench = IpcBench.cml()) {
      inOrder(bench.bench.loader.powerDown(), bench);
      bench.bench.isQuiet();
    }
  }

  @Test
  void theNextBootEndsItsUsersFirst() {
    try (IpcBench bench = IpcBench.cml()) {
      inOrder(Mono.fromRunnable(bench.bench::boots), bench);
    }
  }

  @Test
  void closingTheDeviceEndsItsUsersFirst() {
    try (IpcBench bench = IpcBench.cml()) {
      inOrder(bench.bench.device.close(), bench);
    }
  }

  @Test
  void whatFailsOrNeverEndsIsToldAndThePowerGoesAllTheSame() {
    try (IpcBench bench = IpcBench.cml()) {
      DriverException broken = new DriverException("stop", "it", "it broke", "");
      bench
          .bench
          .loop
          .call(
              () -> {
                Disposable unusedEndless = bench.dsp.beforePowerDown("stop for ever", Mono.never());
                return bench.dsp.beforePowerDown("break", Mono.error(broken));
              })
          .block(BootBench.LIMIT);
      StepVerifier.create(bench.bench.loader.powerDown())
          .expectErrorSatisfies(
              e -> {
                assertThat(e).isSameAs(broken);
                assertThat(e.getSuppressed()[0])
                    .hasMessageContaining("'stop for ever' before power down")
                    .hasMessageContaining("not finished within PT1.5S");
              })
          .verify(BootBench.LIMIT);
      bench.bench.isQuiet();
    }
  }

  @Test
  void requestsThatWaitEndWithIt() {
    try (IpcBench bench = IpcBench.cml()) {
      bench.holdsDone = true;
      StepVerifier first =
          StepVerifier.create(bench.ipc.request(bufferNew(1)))
              .expectError(IpcException.class)
              .verifyLater();
      StepVerifier second =
          StepVerifier.create(bench.ipc.request(bufferNew(2)))
              .expectErrorSatisfies(
                  e -> assertThat(e).hasMessageContaining("the DSP is powered down"))
              .verifyLater();
      bench.bench.loader.powerDown().block(BootBench.LIMIT);
      first.verify(BootBench.LIMIT);
      second.verify(BootBench.LIMIT);
    }
  }

  @Test
  void addingSomethingToDoWhenItIsTooLateIsRefused() {
    try (IpcBench bench = IpcBench.cml()) {
      bench.bench.loader.powerDown().block(BootBench.LIMIT);
      assertThatExceptionOfType(NotRunningException.class)
          .isThrownBy(() -> bench.dsp.beforePowerDown("too late", Mono.empty()));
    }
  }
}
