package dev.vflux.reactive.bench;

import dev.vflux.bench.CTwin;
import dev.vflux.reactive.DriverLoop;
import dev.vflux.reactive.ReactiveDevice;
import dev.vflux.reactive.ReactiveRegion;
import dev.vflux.vfio.Device;
import dev.vflux.vfio.RegionIndex;
import dev.vflux.vfio.RegisterBlock;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/**
 * What it costs that region writes can be watched, while nobody watches: aim at most 1.05 times.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(5)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class WritesBench {

  private static final int REGISTERS = 1024;

  private final DriverLoop loop = DriverLoop.create();
  private final ReactiveDevice device = ReactiveDevice.of(Device.of(new OneVector()), loop);
  private final ReactiveRegion watchable = device.region(RegionIndex.BAR0);
  private final RegisterBlock plain = watchable.registers();

  /** Closes it. */
  @TearDown
  public void close() {
    device.close().block();
    loop.close().block();
  }

  /** Writes that cannot be watched. */
  @Benchmark
  @OperationsPerInvocation(REGISTERS)
  public void plain() {
    for (int i = 0; i < REGISTERS; i++) {
      plain.write32(4L * i, i);
    }
  }

  /** Writes that nobody watches. */
  @Benchmark
  @OperationsPerInvocation(REGISTERS)
  public void unwatched() {
    for (int i = 0; i < REGISTERS; i++) {
      watchable.write32(4L * i, i);
    }
  }

  /** Runs both and prints the ratio. */
  public static void main(String[] args) throws RunnerException {
    Collection<RunResult> results =
        new Runner(new OptionsBuilder().include(WritesBench.class.getName()).build()).run();
    Map<String, Double> medians = new HashMap<>();
    for (RunResult result : results) {
      List<Double> figures =
          result.getBenchmarkResults().stream()
              .flatMap(fork -> fork.getIterationResults().stream())
              .map(iteration -> iteration.getPrimaryResult().getScore())
              .toList();
      medians.put(result.getPrimaryResult().getLabel(), CTwin.median(figures));
    }
    double plain = medians.getOrDefault("plain", Double.NaN);
    double unwatched = medians.getOrDefault("unwatched", Double.NaN);
    System.out.printf(
        "region write, median ns%n  plain %.2f   unwatched %.2f   ratio %.3f%n",
        plain, unwatched, unwatched / plain);
  }
}
