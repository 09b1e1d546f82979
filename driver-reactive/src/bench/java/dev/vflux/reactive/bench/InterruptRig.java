package dev.vflux.reactive.bench;

import com.sun.management.ThreadMXBean;
import dev.vflux.bench.CDevice;
import dev.vflux.bench.CTwin;
import dev.vflux.reactive.BareVector;
import dev.vflux.reactive.DriverLoop;
import dev.vflux.reactive.ReactiveDevice;
import dev.vflux.vfio.CpuAffinity;
import dev.vflux.vfio.Device;
import dev.vflux.vfio.EventFd;
import dev.vflux.vfio.IrqIndex;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.LongConsumer;
import java.util.stream.Stream;

/**
 * A loop with vectors whose counts get to a handler, and the C twin's signalling half in its own
 * process, which plays the device.
 */
final class InterruptRig implements AutoCloseable {

  /** The loop's CPU; the process that plays the device has another one where there are two. */
  static final int LOOP_CPU = CpuAffinity.allowed().length() - 1;

  static final int DEVICE_CPU = CpuAffinity.allowed().nextSetBit(0);

  private static final int WARM_UP = 1000;

  /** How the counts of the eventfds get to a handler. */
  interface Wiring {
    List<EventFd> tie(DriverLoop loop, int vectors, LongConsumer handler);
  }

  private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private final DriverLoop loop;
  private final CDevice hardware;
  private final long loopThread;

  InterruptRig(CTwin twin, Wiring wiring, Duration spin, int vectors) {
    this.loop = DriverLoop.builder().spin(spin).cpu(LOOP_CPU).build();
    try {
      this.hardware = new CDevice(twin, DEVICE_CPU, vectors);
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
    hardware.tie(wiring.tie(loop, vectors, hardware::handled));
    this.loopThread =
        Objects.requireNonNull(loop.call(() -> Thread.currentThread().getId()).block());
    Map<String, Double> unusedFigures = hardware.run("trips " + WARM_UP);
  }

  /** A subscriber for each vector of a device. */
  static List<EventFd> flux(DriverLoop loop, int vectors, LongConsumer handler) {
    PlainDevice plain = new PlainDevice(vectors);
    ReactiveDevice device = ReactiveDevice.of(Device.of(plain), loop);
    List<EventFd> lines = new ArrayList<>();
    for (int vector = 0; vector < vectors; vector++) {
      device
          .interrupts(IrqIndex.MSI, vector)
          .subscribe(interrupt -> handler.accept(interrupt.count()));
      lines.add(plain.line(vector));
    }
    return lines;
  }

  /** Handles in Netty's loop, without a Flux. */
  static List<EventFd> bare(DriverLoop loop, int vectors, LongConsumer handler) {
    return Stream.generate(() -> BareVector.on(loop, handler)).limit(vectors).toList();
  }

  /**
   * Signals with a pause between them.
   *
   * @return p50, p99 and p99.9 of the time from before the signal to inside the subscriber, the
   *     loop's processor time and the bytes its thread allocated, both for each signal
   */
  Map<String, Double> paced(int events, long pauseNanos) {
    long bytes = threads.getThreadAllocatedBytes(loopThread);
    long cpu = threads.getThreadCpuTime(loopThread);
    Map<String, Double> figures = hardware.run("paced " + events + " " + pauseNanos);
    cpu = threads.getThreadCpuTime(loopThread) - cpu;
    bytes = threads.getThreadAllocatedBytes(loopThread) - bytes;
    figures.put("cpu", (double) cpu / events);
    figures.put("bytes", (double) bytes / events);
    return figures;
  }

  /** Signals a second, the next as soon as the last was handled. */
  double trips(int events) {
    return rate("trips " + events);
  }

  /** Signals a second, without waiting, until the last is counted. */
  double freeRunning(int signals) {
    return rate("free " + signals);
  }

  /** Signals a second, one to each vector, until all are counted, and again. */
  double bursts(int times) {
    return rate("burst " + times);
  }

  private double rate(String command) {
    return Objects.requireNonNull(hardware.run(command).get("rate"));
  }

  @Override
  public void close() {
    hardware.close();
    loop.close().block();
  }
}
