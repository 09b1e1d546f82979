package dev.vflux.reactive.bench;

import dev.vflux.bench.Comparison;
import dev.vflux.bench.RegisterBench;
import dev.vflux.bench.Report;
import dev.vflux.bench.Rounds;
import dev.vflux.vfio.CpuAffinity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Interrupts, registers and system calls beside their C twins, in rounds in which the twins take
 * turns; one table of medians and ratios with the aims. Read docs/measuring.md first.
 */
public final class EngineBench {

  private static final int WARM_UP_ROUNDS = 2;
  private static final int ROUNDS = 11;

  private EngineBench() {}

  /**
   * Runs it.
   *
   * @param args the number of rounds, 11 without it
   */
  public static void main(String[] args) throws IOException {
    int wanted = args.length > 0 ? Integer.parseInt(args[0]) : ROUNDS;
    InterruptBench interrupts = new InterruptBench();
    CpuAffinity.pin(InterruptRig.DEVICE_CPU);
    RegisterBench registers = new RegisterBench();
    Rounds rounds = new Rounds();
    for (int round = -WARM_UP_ROUNDS; round < wanted; round++) {
      if (round == 0) {
        rounds.clear();
      }
      System.out.println(round < 0 ? "warm-up" : "round " + (round + 1) + " of " + wanted);
      interrupts.round(rounds);
      registers.round(rounds);
    }
    List<Comparison> comparisons = new ArrayList<>(InterruptBench.comparisons());
    comparisons.addAll(RegisterBench.comparisons());
    System.out.println(
        "Java " + Runtime.version() + ", " + wanted + " rounds, load at the end " + load());
    new Report("engine", rounds, comparisons).publish();
    System.out.println(
        "SKIPPED here: DMA map and unmap, kernel interrupts. They need a device and an IOMMU:"
            + " .ci/vm/bench");
  }

  private static String load() throws IOException {
    return Files.readString(Path.of("/proc/loadavg")).strip();
  }
}
