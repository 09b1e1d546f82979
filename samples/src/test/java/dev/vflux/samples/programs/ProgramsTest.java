package dev.vflux.samples.programs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vflux.firmware.FirmwareFamily;
import dev.vflux.firmware.FirmwareImage;
import dev.vflux.firmware.FirmwareImageBuilder;
import dev.vflux.reactive.DriverLoop;
import dev.vflux.reactive.ReactiveDevice;
import dev.vflux.testing.LeakCheck;
import dev.vflux.vfio.Devices;
import dev.vflux.vfio.RegionIndex;
import java.nio.ByteBuffer;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import reactor.test.StepVerifier;

@ExtendWith(LeakCheck.class)
class ProgramsTest {

  private static final Duration LIMIT = Duration.ofSeconds(10);

  private DriverLoop loop;

  @BeforeEach
  void startLoop() {
    loop = DriverLoop.create();
  }

  @AfterEach
  void closeLoopAndItsDevices() {
    StepVerifier.create(loop.close()).expectComplete().verify(LIMIT);
  }

  @Test
  void watchInterruptsLogsWhatTheDeviceRaises() {
    StepVerifier.create(WatchInterrupts.watch("emulated:edu", loop).take(2))
        .expectNext("MSI 0: 1", "MSI 0: 1")
        .expectComplete()
        .verify(LIMIT);
  }

  @Test
  void reactToWritesMeasuresEachComputation() {
    ReactiveDevice device = ReactiveDevice.of(Devices.open("emulated:edu"), loop);
    EduFactorial edu = new EduFactorial(device);
    StepVerifier.create(ReactToWrites.responseTimes(device.region(RegionIndex.BAR0)).take(2))
        .expectSubscription()
        .then(() -> edu.factorial(5).then(edu.factorial(6)).block(LIMIT))
        .assertNext(time -> assertThat(time).isPositive())
        .assertNext(time -> assertThat(time).isPositive())
        .expectComplete()
        .verify(LIMIT);
  }

  @Test
  void bootInAppTellsEachStageAndEndsWithTheVersion() {
    FirmwareImage image =
        FirmwareImage.parse(
            ByteBuffer.wrap(FirmwareImageBuilder.of(FirmwareFamily.CAVS_1_8).build()));
    StepVerifier.create(BootInApp.status("emulated:cml", image, loop))
        .expectNext("audio: VERIFY_IMAGE done")
        .thenConsumeWhile(line -> line.endsWith(" done"))
        .expectNext("audio: ready, firmware 2.2.0.1")
        .expectComplete()
        .verify(LIMIT);
  }
}
