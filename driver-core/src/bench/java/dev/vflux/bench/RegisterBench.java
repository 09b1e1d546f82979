package dev.vflux.bench;

import dev.vflux.vfio.RegisterBlock;
import dev.vflux.vfio.kernel.ConfigFile;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;

/**
 * 32-bit register access in mapped (cached) memory beside volatile access in C, and a 4-byte read
 * of configuration space by pread(2), from a file in memory, beside pread in C.
 */
public final class RegisterBench {

  private static final int REGISTERS = 1024;
  private static final int TIMES = 10_000;
  private static final int READS = 50_000;

  private final RegisterBlock block =
      RegisterBlock.over("bench", ByteBuffer.allocateDirect(4 * REGISTERS));
  private final ConfigFile config = new ConfigFile();
  private final Optional<CTwin> twin = CTwin.compile("registers");

  /** What {@link #round} measures. */
  public static List<Comparison> comparisons() {
    boolean newer = Runtime.version().feature() >= 22;
    return List.of(
        Comparison.atMost(
            newer ? 2 : 2.5, "load32, cached memory", "ns", "load32", "C volatile", "c.load32"),
        Comparison.atMost(
            newer ? 2 : 3.1, "store32, cached memory", "ns", "store32", "C volatile", "c.store32"),
        Comparison.atMost(
            newer ? 1.1 : 1.35, "config read, 4 bytes", "ns", "config", "C pread", "c.config"),
        Comparison.plain(
            "config read, 4 bytes", "ns", "config", "C pread, one thread", "c.config.alone"));
  }

  /** One round of both twins. */
  public void round(Rounds rounds) {
    twin.ifPresent(
        c -> rounds.add("c.", c.run("1", "" + TIMES * REGISTERS, "" + READS, config.path())));
    long sum = 0;
    long start = System.nanoTime();
    for (int i = 0; i < TIMES; i++) {
      sum += loads();
    }
    long loaded = System.nanoTime();
    for (int i = 0; i < TIMES; i++) {
      stores(i);
    }
    long stored = System.nanoTime();
    for (int i = 0; i < READS; i++) {
      sum += config.registers().read32(0);
    }
    long read = System.nanoTime();
    rounds.add("load32", (double) (loaded - start) / TIMES / REGISTERS);
    rounds.add("store32", (double) (stored - loaded) / TIMES / REGISTERS);
    rounds.add("config", (double) (read - stored) / READS);
    if (sum == 0) {
      throw new IllegalStateException("nothing was read");
    }
  }

  private int loads() {
    RegisterBlock block = this.block;
    int sum = 0;
    for (int i = 0; i < REGISTERS; i++) {
      sum += block.read32(4L * i);
    }
    return sum;
  }

  private void stores(int value) {
    RegisterBlock block = this.block;
    for (int i = 0; i < REGISTERS; i++) {
      block.write32(4L * i, value + i);
    }
  }
}
