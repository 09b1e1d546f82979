package dev.vflux.adsp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vflux.testing.LeakCheck;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What a boot tells who watches the device, and a flight recording. */
@ExtendWith(LeakCheck.class)
class BootObservedTest {

  private static final String BOOT_STAGE = "dev.vflux.BootStage";

  private static List<String> stages(BootedFirmware firmware) {
    return firmware.report().stages().stream()
        .map(time -> "vflux.boot.stage stage=" + time.stage())
        .toList();
  }

  @Test
  void tellsEachStageAndTheWhole() {
    RecordingObserver observer = new RecordingObserver();
    try (BootBench bench = BootBench.cml("")) {
      bench.device.observe(observer);
      BootedFirmware firmware = bench.boots();
      List<String> expected = new ArrayList<>(stages(firmware));
      expected.add("vflux.boot platform=" + Dsp.identify(bench.device).platform().name());
      assertThat(observer.told).containsExactlyElementsOf(expected);
      List<Duration> took =
          firmware.report().stages().stream().map(BootReport.StageTime::took).toList();
      assertThat(observer.times.subList(0, took.size())).isEqualTo(took);
      assertThat(observer.times.get(took.size())).isGreaterThanOrEqualTo(firmware.report().total());
    }
    assertThat(observer.told).endsWith("closed");
  }

  @Test
  void tellsThatABootHasFailed() {
    RecordingObserver observer = new RecordingObserver();
    try (BootBench bench =
        BootBench.at("emulated:cml?fuse=production", BootBench.imageFor("cml"))) {
      bench.device.observe(observer);
      FirmwareBootException error = bench.fails();
      assertThat(observer.told)
          .filteredOn(told -> told.endsWith(" failed"))
          .contains("vflux.boot.stage stage=" + error.stage() + " failed")
          .last()
          .asString()
          .startsWith("vflux.boot platform=");
    }
  }

  @Test
  void aFlightRecordingHasEachStage(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("boot.jfr");
    BootedFirmware firmware;
    try (Recording recording = new Recording();
        BootBench bench = BootBench.cml("")) {
      recording.enable(BOOT_STAGE).withoutThreshold();
      recording.start();
      firmware = bench.boots();
      recording.stop();
      recording.dump(file);
    }
    List<RecordedEvent> events =
        RecordingFile.readAllEvents(file).stream()
            .filter(event -> event.getEventType().getName().equals(BOOT_STAGE))
            .toList();
    assertThat(events)
        .extracting(event -> event.getString("stage"))
        .containsExactlyElementsOf(
            firmware.report().stages().stream().map(time -> time.stage().name()).toList());
    assertThat(events).allMatch(event -> event.getBoolean("succeeded"));
    assertThat(events).allMatch(event -> event.getInt("attempt") == 1);
  }
}
