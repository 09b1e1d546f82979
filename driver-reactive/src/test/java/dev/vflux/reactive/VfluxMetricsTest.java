package dev.vflux.reactive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.vflux.testing.Await;
import dev.vflux.testing.LeakCheck;
import dev.vflux.vfio.Devices;
import dev.vflux.vfio.DmaBuffer;
import dev.vflux.vfio.IrqIndex;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import reactor.test.StepVerifier;

/** Meters of loops and devices: exact counts, bounded tags, and none left when they are closed. */
@ExtendWith(LeakCheck.class)
class VfluxMetricsTest {

  private static final Duration LIMIT = Duration.ofSeconds(10);
  // it starts a JVM and opens a device, both within limits of their own
  private static final Duration CHILD_LIMIT = Duration.ofSeconds(50);

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final TestBackend backend = new TestBackend();
  private DriverLoop loop;
  private ReactiveDevice device;

  @BeforeEach
  void open() {
    loop = DriverLoop.create();
    device = TestBackend.open(backend, loop);
  }

  @AfterEach
  void close() {
    loop.close().block(LIMIT);
    registry.close();
  }

  private double counted(String name, int vector) {
    return registry
        .get(name)
        .tags("device", "test:device", "index", "MSI", "vector", String.valueOf(vector))
        .counter()
        .count();
  }

  private void signal(int vector, int times) {
    for (int i = 0; i < times; i++) {
      backend.signal(IrqIndex.MSI, vector);
    }
  }

  @Test
  void deliveriesAndWhatHadAddedUpAreCountedExactly() {
    VfluxMetrics.of(device).bindTo(registry);
    StepVerifier.create(device.interrupts(IrqIndex.MSI, 1).map(Interrupt::count), 0)
        .then(() -> signal(1, 7))
        .thenRequest(1)
        .expectNext(7L)
        .then(() -> signal(1, 1))
        .thenRequest(1)
        .expectNext(1L)
        .thenCancel()
        .verify(LIMIT);
    loop.call(() -> true).block(LIMIT);
    assertThat(counted(DeviceMeters.INTERRUPTS, 1)).isEqualTo(2);
    assertThat(counted(DeviceMeters.COALESCED, 1)).isEqualTo(6);
    Timer handler = registry.get(DeviceMeters.HANDLER).tags("vector", "1").timer();
    assertThat(handler.count()).isEqualTo(2);
    assertThat(handler.totalTime(TimeUnit.NANOSECONDS)).isPositive();
  }

  @Test
  void pinnedMemoryIsThatOfTheOpenBuffers() {
    VfluxMetrics.of(device).bindTo(registry);
    List<DmaBuffer> buffers = new ArrayList<>();
    buffers.add(device.device().dma().allocate("one", 4096));
    buffers.add(device.device().dma().allocate("two", 5000));
    assertThat(registry.get(DeviceMeters.PINNED).gauge().value()).isEqualTo(4096 + 8192);
    buffers.get(1).close();
    assertThat(registry.get(DeviceMeters.PINNED).gauge().value()).isEqualTo(4096);
    buffers.get(0).close();
    assertThat(registry.get(DeviceMeters.PINNED).gauge().value()).isZero();
  }

  @Test
  void resetsAreCounted() {
    ReactiveDevice edu = ReactiveDevice.of(Devices.open("emulated:edu?pcie=on"), loop);
    VfluxMetrics.of(edu).bindTo(registry);
    edu.reset().block(LIMIT);
    edu.reset().block(LIMIT);
    assertThat(registry.get(DeviceMeters.RESETS).functionCounter().count()).isEqualTo(2);
    device.reset().block(LIMIT);
    assertThat(registry.get(DeviceMeters.RESETS).functionCounter().count())
        .as("of this device, and done")
        .isEqualTo(2);
  }

  @Test
  void driversTellOfTheirOwn() {
    VfluxMetrics.of(device).bindTo(registry);
    DeviceObserver observer = device.observer().orElseThrow();
    observer.counted("vflux.xruns", "direction", "playback");
    observer.counted("vflux.xruns", "direction", "playback");
    observer.timed("vflux.boot", "platform", "CML", Duration.ofMillis(3), true);
    observer.timed("vflux.boot", "platform", "CML", Duration.ofMillis(4), false);
    assertThat(registry.get("vflux.xruns").tags("direction", "playback").counter().count())
        .isEqualTo(2);
    assertThat(registry.get("vflux.boot").tags("outcome", "success").timer().count()).isEqualTo(1);
    assertThat(registry.get("vflux.boot").tags("outcome", "failure").timer().count()).isEqualTo(1);
  }

  @Test
  void nothingIsLeftOfADeviceThatIsClosed() {
    VfluxMetrics.of(device).bindTo(registry);
    StepVerifier.create(device.interrupts(IrqIndex.MSI, 0).map(Interrupt::count), 1)
        .then(() -> signal(0, 1))
        .expectNext(1L)
        .then(() -> device.observer().orElseThrow().counted("vflux.xruns", "direction", "capture"))
        .thenCancel()
        .verify(LIMIT);
    assertThat(registry.getMeters()).isNotEmpty();
    device.close().block(LIMIT);
    assertThat(registry.getMeters()).isEmpty();
    assertThat(device.observer()).isEmpty();
  }

  @Test
  void aDeviceHasOneObserver() {
    VfluxMetrics.of(device).bindTo(registry);
    assertThatIllegalStateException()
        .isThrownBy(() -> VfluxMetrics.of(device).bindTo(registry))
        .withMessageContaining("has an observer already");
  }

  /** Opens a device and delivers an interrupt; says whether there is any Micrometer. */
  public static final class WithoutMicrometer {

    // not that of the test, whose class cannot be loaded here
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    public static void main(String[] unusedArguments) {
      DriverLoop loop = DriverLoop.create();
      TestBackend backend = new TestBackend();
      ReactiveDevice device = TestBackend.open(backend, loop);
      StepVerifier.create(device.interrupts(IrqIndex.MSI, 0).map(Interrupt::count), 1)
          .then(() -> backend.signal(IrqIndex.MSI, 0))
          .expectNext(1L)
          .thenCancel()
          .verify(PATIENCE);
      loop.close().block(PATIENCE);
      try {
        Class<?> unusedClass = Class.forName("io.micrometer.core.instrument.MeterRegistry");
        System.out.println("there it is");
      } catch (ClassNotFoundException expected) {
        System.out.println("delivered without");
      }
    }
  }

  @Test
  void nothingNeedsMicrometerThatDoesNotAskForIt(@TempDir Path folder) throws Exception {
    String without =
        Stream.of(System.getProperty("java.class.path").split(":"))
            .filter(entry -> !entry.contains("micrometer"))
            .collect(Collectors.joining(":"));
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    Path output = folder.resolve("output");
    Process process =
        new ProcessBuilder(java, "-cp", without, WithoutMicrometer.class.getName())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    try {
      assertThat(process.waitFor(CHILD_LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
    } finally {
      Process unusedSelf = process.destroyForcibly();
    }
    assertThat(output).content().contains("delivered without");
  }

  @Test
  void aLoopTellsHowLateItIsUntilItIsClosed() {
    VfluxMetrics.of(loop).bindTo(registry);
    Timer lag = registry.get(LoopMeters.LAG).tags("loop", loop.toString()).timer();
    Await.until("three looks", () -> lag.count() >= 3);
    assertThat(lag.max(TimeUnit.NANOSECONDS)).isPositive();
    loop.close().block(LIMIT);
    assertThat(registry.getMeters()).extracting(Meter::getId).isEmpty();
  }
}
