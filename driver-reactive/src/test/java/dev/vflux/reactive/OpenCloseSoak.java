package dev.vflux.reactive;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vflux.testing.Await;
import dev.vflux.testing.Edu;
import dev.vflux.vfio.Devices;
import dev.vflux.vfio.DmaBuffer;
import dev.vflux.vfio.IrqIndex;
import dev.vflux.vfio.Resources;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/**
 * An edu device that is opened, used and closed again and again on one loop: nothing may be left,
 * by this library's own count and by the kernel's.
 */
final class OpenCloseSoak {

  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final int FIRST = 10;
  private static final int SIZE = 65_536;

  /** The JIT's threads and Reactor's elastic ones come and go; one for each cycle is far more. */
  private static final int POOLED_THREADS = 30;

  private final String address;
  private final DriverLoop loop = DriverLoop.create();

  private OpenCloseSoak(String address) {
    this.address = address;
  }

  /**
   * Opens and closes a device so many times, and prints how long it took.
   *
   * @param address of an edu device
   * @param defaultTimes without {@code -Dvflux.soak.opens=<times>}
   */
  static void run(String address, int defaultTimes) {
    int times = Integer.getInteger("vflux.soak.opens", defaultTimes);
    OpenCloseSoak soak = new OpenCloseSoak(address);
    try {
      soak.run(times);
    } finally {
      soak.loop.close().block(LIMIT);
    }
  }

  private void run(int times) {
    Resources before = Resources.open();
    // loads classes and starts threads
    cycles(FIRST);
    awaitGivenBack(before);
    long fds = entries("fd");
    long threads = entries("task");
    long start = System.nanoTime();
    cycles(times);
    Duration took = Duration.ofNanos(System.nanoTime() - start);
    System.out.printf(
        "soak, %s: %d times opened, used and closed in %d ms%n", address, times, took.toMillis());
    awaitGivenBack(before);
    assertThat(entries("fd")).as("file descriptors in /proc/self/fd").isEqualTo(fds);
    assertThat(entries("task")).as("threads").isLessThanOrEqualTo(threads + POOLED_THREADS);
  }

  // a server gives its side back a moment after the client's close
  private static void awaitGivenBack(Resources before) {
    Await.until("everything is given back", () -> Resources.open().equals(before));
  }

  private void cycles(int times) {
    for (int i = 0; i < times; i++) {
      cycle(i);
    }
  }

  /** One interrupt and one page of DMA; every other buffer is left for close. */
  private void cycle(int number) {
    ReactiveDevice device = ReactiveDevice.of(Devices.open(address), loop);
    try {
      Edu edu = new Edu(device.device());
      DmaBuffer buffer = edu.allocate("soak", SIZE);
      buffer.words().write32(SIZE - 4, number);
      if (number % 2 == 0) {
        buffer.close();
      }
      edu.busMaster(true);
      AtomicLong count = new AtomicLong();
      device.interrupts(IrqIndex.MSI, 0).subscribe(i -> count.addAndGet(i.count()));
      edu.bar().write32(Edu.RAISE, 1);
      Await.until("the interrupt", () -> count.get() == 1);
      edu.bar().write32(Edu.ACKNOWLEDGE, 1);
    } finally {
      device.close().block(LIMIT);
    }
  }

  private static long entries(String folder) {
    try (Stream<Path> entries = Files.list(Path.of("/proc/self", folder))) {
      return entries.count();
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }
}
