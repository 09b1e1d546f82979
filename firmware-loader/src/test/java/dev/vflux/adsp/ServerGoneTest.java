package dev.vflux.adsp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.vflux.firmware.SampleImages;
import dev.vflux.testing.Door;
import dev.vflux.testing.FaultCell;
import dev.vflux.testing.FaultOutcome;
import dev.vflux.testing.FaultRow;
import dev.vflux.testing.LeakCheck;
import dev.vflux.vfio.DeviceGoneException;
import dev.vflux.vfio.Devices;
import java.nio.file.Path;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The process that serves the model is killed in the middle of a boot. */
@ExtendWith(LeakCheck.class)
class ServerGoneTest {

  @ParameterizedTest
  @EnumSource(names = {"POWER_UP_CORES", "CODE_LOAD", "FW_READY"})
  @FaultCell(FaultRow.SERVER_KILLED)
  void theBootEndsAtOnce(BootStage stage, @TempDir Path folder, FaultOutcome outcome) {
    ModelDoor.Killable model = ModelDoor.killable("emulated:cml?fault=fw-ready-missing", folder);
    try (BootBench bench = BootBench.of(Devices.open(model.address()), SampleImages.cml())) {
      FirmwareBootException error =
          catchThrowableOfType(
              FirmwareBootException.class,
              () ->
                  bench
                      .loader
                      .boot(bench.image)
                      .doOnNext(
                          event -> {
                            if (event instanceof BootEvent.StageStarted started
                                && started.stage() == stage) {
                              model.kill().run();
                            }
                          })
                      .blockLast(BootBench.LIMIT));
      assertThat(error).hasCauseInstanceOf(DeviceGoneException.class);
      assertThat(error.timeout()).as("no limit is sat out").isEmpty();
      assertThat(error.isTransient()).isFalse();
      assertThat(bench.device.device().dma().buffers()).as("memory is given back").isEmpty();
      assertThat(bench.device.gone().block(BootBench.LIMIT)).isNotNull();
      assertThatExceptionOfType(DeviceGoneException.class)
          .as("another boot")
          .isThrownBy(bench::boots);
      outcome.through(Door.VFIO_USER).failed(error);
    }
    bootsWhenServedAgain(folder);
  }

  private static void bootsWhenServedAgain(Path folder) {
    ModelDoor.Killable model = ModelDoor.killable("emulated:cml", folder);
    try (BootBench bench = BootBench.of(Devices.open(model.address()), SampleImages.cml())) {
      assertThat(bench.boots().report().attempts()).isEqualTo(1);
      bench.loader.powerDown().block(BootBench.LIMIT);
      bench.isQuiet();
    }
    model.kill().run();
  }
}
