package dev.vflux.reactive;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vflux.testing.LeakCheck;
import dev.vflux.vfio.Device;
import dev.vflux.vfio.Devices;
import dev.vflux.vfio.DmaBuffer;
import dev.vflux.vfio.IrqIndex;
import dev.vflux.vfio.ResetOutcome;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

/** What a flight recording says of a device, read back from its file. */
@ExtendWith(LeakCheck.class)
class FlightRecorderTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);

  private final Path folder;

  FlightRecorderTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private List<RecordedEvent> recorded(String name, Runnable work) throws IOException {
    Path file = folder.resolve("recording.jfr");
    try (Recording recording = new Recording()) {
      recording.start();
      work.run();
      recording.stop();
      recording.dump(file);
    }
    // a recording has every kind of event unless it is told otherwise
    return RecordingFile.readAllEvents(file).stream()
        .filter(event -> event.getEventType().getName().equals("dev.vflux." + name))
        .toList();
  }

  @Test
  void interruptsThatComeTogetherAreOneEvent() throws IOException {
    TestBackend backend = new TestBackend();
    DriverLoop loop = DriverLoop.create();
    ReactiveDevice device = TestBackend.open(backend, loop);
    List<RecordedEvent> events =
        recorded(
            "InterruptBurst",
            () -> {
              StepVerifier.create(device.interrupts(IrqIndex.MSI, 2).map(Interrupt::count), 0)
                  .then(() -> backend.tied(IrqIndex.MSI, 2).signal(5))
                  .thenRequest(1)
                  .expectNext(5L)
                  .then(() -> backend.signal(IrqIndex.MSI, 2))
                  .thenRequest(1)
                  .expectNext(1L)
                  .thenCancel()
                  .verify(LIMIT);
              // at the end of its device a burst ends too
              device.close().block(LIMIT);
            });
    loop.close().block(LIMIT);
    assertThat(events).allMatch(event -> event.getString("device").equals("test:device"));
    assertThat(events).allMatch(event -> event.getString("index").equals("MSI"));
    assertThat(events).allMatch(event -> event.getInt("vector") == 2);
    // one, unless this machine took 10 ms for the second
    assertThat(events).hasSizeBetween(1, 2);
    assertThat(events.stream().mapToLong(event -> event.getLong("deliveries")).sum()).isEqualTo(2);
    assertThat(events.stream().mapToLong(event -> event.getLong("signals")).sum()).isEqualTo(6);
  }

  /** A pause ends a burst, although nothing else happens. */
  @Test
  void aPauseEndsABurst() throws IOException {
    TestBackend backend = new TestBackend();
    DriverLoop loop = DriverLoop.create();
    ReactiveDevice device = TestBackend.open(backend, loop);
    List<RecordedEvent> events =
        recorded(
            "InterruptBurst",
            () ->
                StepVerifier.create(device.interrupts(IrqIndex.MSI, 0).map(Interrupt::count), 1)
                    .then(() -> backend.signal(IrqIndex.MSI, 0))
                    .expectNext(1L)
                    .then(() -> pause(loop))
                    .thenCancel()
                    .verify(LIMIT));
    loop.close().block(LIMIT);
    assertThat(events).singleElement().matches(event -> event.getLong("deliveries") == 1);
  }

  // timers of a loop run in the order in which they are due
  private static void pause(DriverLoop loop) {
    Duration longer = Duration.ofNanos(2 * InterruptBursts.SILENCE_NANOS);
    Mono.delay(longer, loop.scheduler()).block(LIMIT);
  }

  @Test
  void mappingsOfMemoryAreEvents() throws IOException {
    List<RecordedEvent> maps = recorded("DmaMap", FlightRecorderTest::mapAndUnmap);
    assertThat(maps)
        .singleElement()
        .satisfies(
            event -> {
              assertThat(event.getString("device")).isEqualTo("emulated:edu");
              assertThat(event.getString("owner")).isEqualTo("a ring");
              assertThat(event.getLong("size")).isEqualTo(8192);
            });
    List<RecordedEvent> unmaps = recorded("DmaUnmap", FlightRecorderTest::mapAndUnmap);
    assertThat(unmaps)
        .singleElement()
        .satisfies(
            event -> {
              assertThat(event.getLong("iova")).isEqualTo(maps.get(0).getLong("iova"));
              assertThat(event.getBoolean("unmapped")).isTrue();
            });
  }

  private static void mapAndUnmap() {
    try (Device edu = Devices.open("emulated:edu");
        DmaBuffer ring = edu.dma().allocate("a ring", 5000)) {
      assertThat(ring.size()).isEqualTo(5000);
    }
  }

  @Test
  void resetsAreEvents() throws IOException {
    List<RecordedEvent> events =
        recorded(
            "Reset",
            () -> {
              try (Device edu = Devices.open("emulated:edu?pcie=on")) {
                assertThat(edu.reset().kind()).isEqualTo(ResetOutcome.Kind.DONE);
              }
            });
    RecordedEvent reset = events.get(0);
    assertThat(events).hasSize(1);
    assertThat(Objects.requireNonNull(reset.getString("outcome"))).isEqualTo("DONE");
    assertThat(reset.getString("device")).startsWith("emulated:edu");
  }
}
