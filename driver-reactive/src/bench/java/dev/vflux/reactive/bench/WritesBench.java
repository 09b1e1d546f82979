package dev.vflux.reactive.bench;

import dev.vflux.bench.CTwin;
import dev.vflux.reactive.DriverLoop;
import dev.vflux.reactive.ReactiveDevice;
import dev.vflux.reactive.ReactiveRegion;
import dev.vflux.vfio.Device;
import dev.vflux.vfio.RegionIndex;
import dev.vflux.vfio.RegisterBlock;
import java.util.ArrayList;
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
 * What it costs that region writes can be watched, while nobody watches: beside the same object
 * without that feature, aim at most 1.05 times; and beside the registers themselves. Forks of the
 * three alternate, so that a change in the machine's load meets all.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class WritesBench {

  private static final int REGISTERS = 1024;
  private static final int ROUNDS = 7;

  private final DriverLoop loop = DriverLoop.create();
  private final ReactiveDevice device = ReactiveDevice.of(Device.of(new PlainDevice(1)), loop);
  private final ReactiveRegion watchable = device.region(RegionIndex.BAR0);
  private final RegisterBlock registers = watchable.registers();
  private final PlainRegion plain = new PlainRegion(registers);

  /** A region object without the feature. */
  private static final class PlainRegion {

    private final RegisterBlock registers;

    PlainRegion(RegisterBlock registers) {
      this.registers = registers;
    }

    void write32(long offset, int value) {
      registers.write32(offset, value);
    }
  }

  /** Closes it. */
  @TearDown
  public void close() {
    device.close().block();
    loop.close().block();
  }

  /** Writes to the registers themselves. */
  @Benchmark
  @OperationsPerInvocation(REGISTERS)
  public void registers() {
    for (int i = 0; i < REGISTERS; i++) {
      registers.write32(4L * i, i);
    }
  }

  /** Writes to a region that cannot be watched. */
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

  /** Runs all and prints the ratios. */
  public static void main(String[] args) throws RunnerException {
    Map<String, List<Double>> figures = new HashMap<>();
    for (int round = 0; round < ROUNDS; round++) {
      for (RunResult result :
          new Runner(new OptionsBuilder().include(WritesBench.class.getName()).build()).run()) {
        List<Double> all =
            figures.computeIfAbsent(
                result.getPrimaryResult().getLabel(), name -> new ArrayList<>());
        result.getBenchmarkResults().stream()
            .flatMap(fork -> fork.getIterationResults().stream())
            .forEach(iteration -> all.add(iteration.getPrimaryResult().getScore()));
      }
    }
    double registers = CTwin.median(figures.getOrDefault("registers", List.of(Double.NaN)));
    double plain = CTwin.median(figures.getOrDefault("plain", List.of(Double.NaN)));
    double unwatched = CTwin.median(figures.getOrDefault("unwatched", List.of(Double.NaN)));
    System.out.printf(
        "region write, median ns of %d alternating forks%n"
            + "  registers %.2f   plain region %.2f   unwatched region %.2f%n"
            + "  unwatched to plain %.3f, to registers %.3f%n",
        ROUNDS, registers, plain, unwatched, unwatched / plain, unwatched / registers);
  }
}
