package dev.vflux.bench;

import dev.vflux.vfio.RegisterBlock;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/** 32-bit register access in mapped (cached) memory, beside volatile access in C. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(3)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class RegisterBench {

  private static final int REGISTERS = 1024;

  private final RegisterBlock block =
      RegisterBlock.over("bench", ByteBuffer.allocateDirect(4 * REGISTERS));

  /** Reads every register once. */
  @Benchmark
  @OperationsPerInvocation(REGISTERS)
  public int load32() {
    int sum = 0;
    for (int i = 0; i < REGISTERS; i++) {
      sum += block.read32(4L * i);
    }
    return sum;
  }

  /** Writes every register once. */
  @Benchmark
  @OperationsPerInvocation(REGISTERS)
  public void store32() {
    for (int i = 0; i < REGISTERS; i++) {
      block.write32(4L * i, i);
    }
  }

  /** Runs both twins and prints medians and ratios. */
  public static void main(String[] args) throws RunnerException {
    Optional<CTwin> twin = CTwin.compile("registers");
    Map<String, List<Double>> c = new HashMap<>();
    twin.ifPresent(t -> t.run("10", "100000000").forEach(c::put));
    Collection<RunResult> results =
        new Runner(new OptionsBuilder().include(RegisterBench.class.getName()).build()).run();
    System.out.println("register access in cached memory, median ns");
    for (RunResult result : results) {
      List<Double> figures =
          result.getBenchmarkResults().stream()
              .flatMap(fork -> fork.getIterationResults().stream())
              .map(iteration -> iteration.getPrimaryResult().getScore())
              .toList();
      String name = result.getPrimaryResult().getLabel();
      double java = CTwin.median(figures);
      System.out.printf("  %-8s vflux %6.2f", name, java);
      if (c.containsKey(name)) {
        double native_ = CTwin.median(c.get(name));
        System.out.printf("   C %6.2f   ratio %5.2f", native_, java / native_);
      }
      System.out.println();
    }
  }
}
