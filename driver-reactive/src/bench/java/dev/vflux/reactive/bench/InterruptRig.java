package dev.vflux.reactive.bench;

import com.sun.management.ThreadMXBean;
import dev.vflux.reactive.DriverLoop;
import dev.vflux.reactive.Interrupt;
import dev.vflux.reactive.ReactiveDevice;
import dev.vflux.vfio.CpuAffinity;
import dev.vflux.vfio.Device;
import dev.vflux.vfio.IrqIndex;
import io.netty.channel.unix.Buffer;
import io.netty.channel.unix.FileDescriptor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A loop, a device whose vectors are all subscribed to, and the calling thread that plays the
 * device: it signals the eventfds by write(2), as the C twin does.
 */
final class InterruptRig implements AutoCloseable {

  private static final int WARM_UP = 1000;

  /** The loop's CPU; the thread that plays the device has another one where there are two. */
  static final int LOOP_CPU = CpuAffinity.allowed().length() - 1;

  static final int DEVICE_CPU = CpuAffinity.allowed().nextSetBit(0);

  private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private final ByteBuffer one =
      ByteBuffer.allocateDirect(Long.BYTES).order(ByteOrder.nativeOrder()).putLong(0, 1);
  private final long oneAddress = Buffer.memoryAddress(one);
  private final DriverLoop loop;
  private final FileDescriptor[] lines;
  private final AtomicLong handled = new AtomicLong();
  private final long loopThread;
  private volatile long handledAt;
  private long sent;

  /**
   * What a paced run shows.
   *
   * @param p50 nanoseconds that half of the signals took at most
   * @param p99 the same of 99 %
   * @param p999 the same of 99.9 %
   * @param cpuNanos the loop's processor time for each
   * @param bytes what the loop's thread allocated for each
   */
  record Paced(double p50, double p99, double p999, double cpuNanos, double bytes) {}

  InterruptRig(Duration spin, int vectors) {
    this.loop = DriverLoop.builder().spin(spin).cpu(LOOP_CPU).build();
    this.lines = new FileDescriptor[vectors];
    PlainDevice plain = new PlainDevice(vectors);
    ReactiveDevice device = ReactiveDevice.of(Device.of(plain), loop);
    for (int vector = 0; vector < vectors; vector++) {
      device.interrupts(IrqIndex.MSI, vector).subscribe(this::handle);
      lines[vector] = new FileDescriptor(plain.line(vector).fd());
    }
    this.loopThread =
        Objects.requireNonNull(loop.call(() -> Thread.currentThread().getId()).block());
    double unusedRate = trips(WARM_UP);
  }

  private void handle(Interrupt interrupt) {
    handledAt = System.nanoTime();
    long unusedSum = handled.addAndGet(interrupt.count());
  }

  private void signal(int vector) {
    try {
      int unusedLength = lines[vector].writeAddress(oneAddress, 0, Long.BYTES);
      sent++;
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  private void untilHandled() {
    while (handled.get() != sent) {
      Thread.onSpinWait();
    }
  }

  Paced paced(int events, long pauseNanos) {
    long[] latency = new long[events];
    long bytes = threads.getThreadAllocatedBytes(loopThread);
    long cpu = threads.getThreadCpuTime(loopThread);
    for (int i = 0; i < events; i++) {
      long pause = System.nanoTime();
      while (System.nanoTime() - pause < pauseNanos) {
        Thread.onSpinWait();
      }
      long start = System.nanoTime();
      signal(0);
      untilHandled();
      latency[i] = handledAt - start;
    }
    cpu = threads.getThreadCpuTime(loopThread) - cpu;
    bytes = threads.getThreadAllocatedBytes(loopThread) - bytes;
    Arrays.sort(latency);
    return new Paced(
        latency[events / 2],
        latency[events * 99 / 100],
        latency[events * 999 / 1000],
        (double) cpu / events,
        (double) bytes / events);
  }

  /** Signals a second, the next as soon as the last was handled. */
  double trips(int events) {
    long start = System.nanoTime();
    for (int i = 0; i < events; i++) {
      signal(0);
      untilHandled();
    }
    return rate(events, start);
  }

  /** Signals a second, without waiting, until the last is counted. */
  double freeRunning(int signals) {
    long start = System.nanoTime();
    for (int i = 0; i < signals; i++) {
      signal(0);
    }
    untilHandled();
    return rate(signals, start);
  }

  /** Signals a second, one to each vector, until all are counted, and again. */
  double bursts(int times) {
    long start = System.nanoTime();
    for (int i = 0; i < times; i++) {
      for (int vector = 0; vector < lines.length; vector++) {
        signal(vector);
      }
      untilHandled();
    }
    return rate((long) times * lines.length, start);
  }

  private static double rate(long events, long start) {
    return events * 1e9 / (System.nanoTime() - start);
  }

  @Override
  public void close() {
    loop.close().block();
  }
}
