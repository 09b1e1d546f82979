package dev.vflux.reactive.bench;

import dev.vflux.bench.CTwin;
import dev.vflux.reactive.DriverLoop;
import dev.vflux.reactive.ReactiveDevice;
import dev.vflux.vfio.Device;
import dev.vflux.vfio.EventFd;
import dev.vflux.vfio.IrqIndex;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The way of one interrupt: from before the signal on another thread to inside the subscriber on
 * the loop, beside a C program that does the same with epoll_wait. Rounds of the twins alternate,
 * so that a change in the machine's load meets both; medians over the rounds are printed.
 */
public final class InterruptBench {

  private static final int ROUNDS = 7;
  private static final int EVENTS = 10_000;
  private static final long PAUSE_NANOS = 50_000;

  private final OneVector backend = new OneVector();
  private final long[] latency = new long[EVENTS];
  private final AtomicLong handled = new AtomicLong();
  private volatile long handledAt;
  private long sent;

  private InterruptBench() {}

  /** Runs both twins and prints medians and ratios. */
  public static void main(String[] args) {
    new InterruptBench().run();
  }

  private void run() {
    DriverLoop loop = DriverLoop.create();
    ReactiveDevice device = ReactiveDevice.of(Device.of(backend), loop);
    var subscription =
        device
            .interrupts(IrqIndex.MSI, 0)
            .subscribe(
                interrupt -> {
                  handledAt = System.nanoTime();
                  long unusedSum = handled.addAndGet(interrupt.count());
                });
    loop.call(() -> true).block();
    Optional<CTwin> twin = CTwin.compile("interrupts");
    Map<String, List<Double>> java = new LinkedHashMap<>();
    Map<String, List<Double>> c = new LinkedHashMap<>();
    round(new LinkedHashMap<>());
    for (int i = 0; i < ROUNDS; i++) {
      round(java);
      twin.ifPresent(
          t ->
              t.run("1", Integer.toString(EVENTS), Long.toString(PAUSE_NANOS))
                  .forEach((k, v) -> c.computeIfAbsent(k, n -> new ArrayList<>()).addAll(v)));
    }
    subscription.dispose();
    device.close().block();
    loop.close().block();
    System.out.println("interrupt path, medians of " + ROUNDS + " alternating rounds, ns");
    java.forEach(
        (name, figures) -> {
          double ours = CTwin.median(figures);
          System.out.printf("  %-12s vflux %9.0f", name, ours);
          if (c.containsKey(name)) {
            double theirs = CTwin.median(c.get(name));
            System.out.printf("   C %9.0f   ratio %5.2f", theirs, ours / theirs);
          }
          System.out.println();
        });
  }

  private void round(Map<String, List<Double>> figures) {
    EventFd line = backend.line();
    for (int i = 0; i < EVENTS; i++) {
      long pause = System.nanoTime();
      while (System.nanoTime() - pause < PAUSE_NANOS) {
        Thread.onSpinWait();
      }
      long start = System.nanoTime();
      line.signal();
      sent++;
      untilHandled();
      latency[i] = handledAt - start;
    }
    Arrays.sort(latency);
    add(figures, "latency_p50", (double) latency[EVENTS / 2]);
    add(figures, "latency_p99", (double) latency[EVENTS * 99 / 100]);
    long start = System.nanoTime();
    for (int i = 0; i < EVENTS; i++) {
      line.signal();
      sent++;
      untilHandled();
    }
    add(figures, "round_trip", (double) (System.nanoTime() - start) / EVENTS);
    start = System.nanoTime();
    for (int i = 0; i < EVENTS * 10; i++) {
      line.signal();
    }
    sent += EVENTS * 10;
    untilHandled();
    add(figures, "burst", (System.nanoTime() - start) / (EVENTS * 10.0));
  }

  private void untilHandled() {
    while (handled.get() != sent) {
      Thread.onSpinWait();
    }
  }

  private static void add(Map<String, List<Double>> figures, String name, double figure) {
    figures.computeIfAbsent(name, n -> new ArrayList<>()).add(figure);
  }
}
