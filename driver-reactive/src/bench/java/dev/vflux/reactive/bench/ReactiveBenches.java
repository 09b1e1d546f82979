package dev.vflux.reactive.bench;

import java.io.IOException;
import org.openjdk.jmh.runner.RunnerException;

/** All benchmarks of this module, and of driver-core. */
public final class ReactiveBenches {

  private ReactiveBenches() {}

  /** Runs them one after the other. */
  public static void main(String[] args) throws RunnerException, IOException {
    EngineBench.main(args);
    WritesBench.main(args);
    VfioUserBench.main(args);
  }
}
