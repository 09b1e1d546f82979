package dev.vflux.reactive;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vflux.testing.Await;
import dev.vflux.testing.Edu;
import dev.vflux.testing.FaultCell;
import dev.vflux.testing.FaultOutcome;
import dev.vflux.testing.FaultRow;
import dev.vflux.testing.Guest;
import dev.vflux.testing.LeakCheck;
import dev.vflux.vfio.DeviceGoneException;
import dev.vflux.vfio.DmaBuffer;
import dev.vflux.vfio.IrqIndex;
import dev.vflux.vfio.RegionIndex;
import dev.vflux.vfio.Register;
import dev.vflux.vfio.RegisterBlock;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

/** Interrupts that the real kernel delivers, as streams; the same tests by group and by iommufd. */
@ExtendWith(LeakCheck.class)
interface KernelInterrupts {

  int MANY = 20_000;
  int SOME = 500;
  Duration LIMIT = Duration.ofSeconds(100);
  Path FUNCTIONS = Path.of("/sys/bus/pci/devices");
  Register PCI_STATUS = Register.of16("STATUS", 0x06);

  /** The value of the URI's option. */
  String iommu();

  /** What a test does with an open edu device on a running loop. */
  @FunctionalInterface
  interface Body {

    void run(ReactiveDevice device, Edu edu);
  }

  private void with(Body body) {
    with(Guest.edu(), body);
  }

  private void with(String address, Body body) {
    DriverLoop loop = DriverLoop.create();
    String uri = "vfio:" + address + "?iommu=" + iommu();
    ReactiveDevice device = Objects.requireNonNull(ReactiveDevice.open(uri, loop).block(LIMIT));
    try {
      body.run(device, new Edu(device.device()));
    } finally {
      device.close().block(LIMIT);
      loop.close().block(LIMIT);
    }
  }

  /** Each is raised after the one before was acknowledged, so messages cannot merge. */
  @Test
  default void losesNoMessage() {
    with(
        (device, edu) -> {
          edu.busMaster(true);
          RegisterBlock bar = edu.bar();
          AtomicLong sum = new AtomicLong();
          StepVerifier.create(
                  device
                      .interrupts(IrqIndex.MSI, 0)
                      .doOnNext(
                          interrupt -> {
                            bar.write32(Edu.ACKNOWLEDGE, bar.read32(Edu.INTERRUPT_STATUS));
                            if (sum.addAndGet(interrupt.count()) < MANY) {
                              bar.write32(Edu.RAISE, 1);
                            }
                          })
                      .doOnSubscribe(
                          unused -> device.loop().execute(() -> bar.write32(Edu.RAISE, 1)))
                      .take(MANY)
                      .count())
              .expectNext((long) MANY)
              .expectComplete()
              .verify(LIMIT);
          assertThat(sum).hasValue(MANY);
          assertThat(bar.read32(Edu.INTERRUPT_STATUS)).isZero();
        });
  }

  /** The line masks itself; handle acknowledges, then unmasks, and the next raise arrives. */
  @Test
  default void handlesThenUnmasksTheLine() {
    with(
        (device, edu) -> {
          RegisterBlock bar = edu.bar();
          AtomicLong handled = new AtomicLong();
          StepVerifier.create(
                  device
                      .handle(
                          IrqIndex.INTX,
                          0,
                          interrupt ->
                              Mono.fromRunnable(
                                  () -> {
                                    bar.write32(Edu.ACKNOWLEDGE, bar.read32(Edu.INTERRUPT_STATUS));
                                    handled.incrementAndGet();
                                  }))
                      .doOnNext(interrupt -> bar.write32(Edu.RAISE, 1))
                      .doOnSubscribe(
                          unused -> device.loop().execute(() -> bar.write32(Edu.RAISE, 1)))
                      .take(SOME)
                      .count())
              .expectNext((long) SOME)
              .expectComplete()
              .verify(LIMIT);
          assertThat(handled.get()).isGreaterThanOrEqualTo(SOME);
          bar.write32(Edu.ACKNOWLEDGE, bar.read32(Edu.INTERRUPT_STATUS));
        });
  }

  /** One message after the other, for as long as the device can be used. */
  private static Flux<Interrupt> storm(ReactiveDevice device, Edu edu) {
    RegisterBlock bar = edu.bar();
    return device
        .interrupts(IrqIndex.MSI, 0)
        .doOnNext(
            interrupt -> {
              bar.write32(Edu.ACKNOWLEDGE, bar.read32(Edu.INTERRUPT_STATUS));
              bar.write32(Edu.RAISE, 1);
            })
        .doOnSubscribe(unused -> device.loop().execute(() -> bar.write32(Edu.RAISE, 1)));
  }

  /** Nobody has to do anything; the write to sysfs returns when the device was let go. */
  private void letsGo(Path file, String text, FaultOutcome outcome) {
    FutureTask<Path> taking = new FutureTask<>(() -> Files.writeString(file, text));
    AtomicLong interrupts = new AtomicLong();
    AtomicLong before = new AtomicLong();
    with(
        (device, edu) -> {
          edu.quiet();
          edu.busMaster(true);
          DmaBuffer unusedBuffer = device.device().dma().allocate("left open", 4096);
          device.onReleaseRequest("count", Mono.fromRunnable(() -> before.set(interrupts.get())));
          StepVerifier.create(
                  storm(device, edu).doOnNext(one -> interrupts.incrementAndGet()).then())
              .then(() -> Await.until("interrupts stream", () -> interrupts.get() > SOME))
              .then(() -> new Thread(taking, "sysfs").start())
              .expectErrorSatisfies(
                  error -> {
                    assertThat(error).isInstanceOf(ReleaseRequestedException.class);
                    outcome.through(device.device()).failed(error);
                  })
              .verify(LIMIT);
          assertThat(device.releaseRequested().block(LIMIT)).isNotNull();
          StepVerifier.create(device.close()).expectComplete().verify(LIMIT);
          assertThat(before).as("the step ran").hasPositiveValue();
          assertThat(written(taking)).isEqualTo(file);
        });
  }

  private static Path written(FutureTask<Path> taking) {
    try {
      return taking.get(ReactiveDevice.RELEASE_LIMIT.toSeconds(), TimeUnit.SECONDS);
    } catch (InterruptedException | ExecutionException | TimeoutException failed) {
      throw new AssertionError(failed);
    }
  }

  private void delivers(String address) {
    with(
        address,
        (device, edu) -> {
          edu.quiet();
          edu.busMaster(true);
          StepVerifier.create(storm(device, edu).take(SOME).count())
              .expectNext((long) SOME)
              .expectComplete()
              .verify(LIMIT);
        });
  }

  @Test
  @FaultCell(FaultRow.RELEASE_REQUEST)
  default void letsTheDeviceGoWhenItIsUnbound(FaultOutcome outcome) throws IOException {
    letsGo(FUNCTIONS.resolve(Guest.edu()).resolve("driver/unbind"), Guest.edu(), outcome);
    Guest.bind(Guest.edu(), "vfio-pci");
    delivers(Guest.edu());
  }

  @Test
  @FaultCell(FaultRow.RELEASE_REQUEST)
  default void letsTheDeviceGoWhenItIsRemoved(FaultOutcome outcome) throws IOException {
    letsGo(FUNCTIONS.resolve(Guest.edu()).resolve("remove"), "1", outcome);
    assertThat(FUNCTIONS.resolve(Guest.edu())).doesNotExist();
    Files.writeString(Path.of("/sys/bus/pci/rescan"), "1");
    Guest.bind(Guest.edu(), "vfio-pci");
    delivers(Guest.edu());
  }

  /** The port before the device no longer forwards: what a pulled-out device looks like. */
  @Test
  @FaultCell(FaultRow.UNPLUGGED)
  default void findsThatTheDeviceHasVanished(FaultOutcome outcome) throws IOException {
    Guest.bind(Guest.groupedRng(), "vfio-pci");
    Guest.bind(Guest.groupedEdu(), "vfio-pci");
    try {
      with(
          Guest.groupedEdu(),
          (device, edu) -> {
            ReactiveRegion config = device.region(RegionIndex.CONFIG);
            Mono<Integer> look =
                config.await(PCI_STATUS, 0x8000, 0x8000, Duration.ofMillis(10), LIMIT);
            byte[] port = forwarding(new byte[] {0, 0, 0});
            try {
              StepVerifier.create(device.interrupts(IrqIndex.MSI, 0))
                  .then(
                      () ->
                          StepVerifier.create(look)
                              .expectError(DeviceGoneException.class)
                              .verify(LIMIT))
                  .expectError(DeviceGoneException.class)
                  .verify(LIMIT);
              outcome
                  .through(device.device())
                  .failed(device.gone().blockOptional(LIMIT).orElseThrow());
            } finally {
              byte[] unusedNone = forwarding(port);
            }
            StepVerifier.create(device.close()).expectComplete().verify(LIMIT);
          });
      delivers(Guest.groupedEdu());
    } finally {
      Guest.bind(Guest.groupedEdu(), "");
      Guest.bind(Guest.groupedRng(), "virtio-pci");
    }
  }

  // PCI-to-PCI Bridge Architecture 1.2, 3.2.5: primary, secondary and subordinate bus number
  private static byte[] forwarding(byte[] buses) {
    try (RandomAccessFile config =
        new RandomAccessFile(
            FUNCTIONS.resolve(Guest.rootPort()).resolve("config").toFile(), "rw")) {
      byte[] before = new byte[buses.length];
      config.seek(0x18);
      config.readFully(before);
      config.seek(0x18);
      config.write(buses);
      return before;
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  /** The release request, through the kernel's loop-back. */
  @Test
  default void deliversTheReleaseRequest() {
    with(
        (device, edu) ->
            StepVerifier.create(
                    device
                        .interrupts(IrqIndex.REQ, 0)
                        .doOnSubscribe(
                            unused ->
                                device
                                    .loop()
                                    .execute(() -> device.device().irq(IrqIndex.REQ).trigger(0)))
                        .map(Interrupt::count)
                        .take(1))
                .expectNext(1L)
                .expectComplete()
                .verify(LIMIT));
  }
}
