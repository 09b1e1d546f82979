package dev.vflux.adsp.emulated;

import dev.vflux.emulated.Fault;
import dev.vflux.emulated.FaultPlan;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;

/**
 * Faults of streams that carry sound. An attempt is a start of one stream after its reset, counted
 * for each stream by itself; periods, which are what ends with an IOC entry, are counted from it
 * on, over pauses. Used under the board's lock.
 */
final class StreamFaults {

  static final String FIFO_ERROR = "fifo-error";
  static final String DESCRIPTOR_ERROR = "descriptor-error";
  static final String POSITION_STUCK = "position-stuck";
  static final String UNPLUGGED = "unplugged";
  static final String RUN_STUCK = "run-stuck";

  /** Their arguments, by their names. */
  static final Map<String, String> ARGUMENTS =
      Map.of(
          FIFO_ERROR,
          "[:n]",
          DESCRIPTOR_ERROR,
          "[:n]",
          POSITION_STUCK,
          "[:n]",
          UNPLUGGED,
          "[:ms]",
          RUN_STUCK,
          "");

  private static final long SECOND_PERIOD = 2;
  private static final long UNPLUGGED_AFTER_MS = 20;
  private static final long LONGEST_DELAY_MS = 600_000;

  private final FaultPlan plan;
  private final int[] starts = new int[GlobalRegisters.STREAMS];
  private int allStarts;

  StreamFaults(FaultPlan plan) {
    this.plan = plan;
  }

  static void check(Fault fault) {
    if (fault.name().equals(RUN_STUCK)) {
      FaultArguments.none(fault);
    } else if (fault.name().equals(UNPLUGGED)) {
      Duration unusedDelay = delay(fault);
    } else {
      long unusedPeriod = period(fault);
    }
  }

  private static long period(Fault fault) {
    return FaultArguments.one(fault, SECOND_PERIOD, 1, Integer.MAX_VALUE);
  }

  private static Duration delay(Fault fault) {
    return Duration.ofMillis(FaultArguments.one(fault, UNPLUGGED_AFTER_MS, 0, LONGEST_DELAY_MS));
  }

  void reset() {
    Arrays.fill(starts, 0);
    allStarts = 0;
  }

  /**
   * A stream begins to move; says how long after that the device is pulled out, which counts the
   * starts of all streams together.
   */
  Optional<Duration> starts(int stream) {
    starts[stream]++;
    allStarts++;
    return plan.find(UNPLUGGED, allStarts).map(StreamFaults::delay);
  }

  /** Whether a FIFO error belongs into the period after so many. */
  boolean fifoError(int stream, long periods) {
    return strikes(FIFO_ERROR, stream, periods);
  }

  /** Whether the descriptor after so many periods cannot be used. */
  boolean descriptorError(int stream, long periods) {
    return strikes(DESCRIPTOR_ERROR, stream, periods);
  }

  private boolean strikes(String name, int stream, long periods) {
    Optional<Fault> fault = plan.find(name, starts[stream]);
    return fault.isPresent() && periods == period(fault.get()) - 1;
  }

  /** Whether RUN stays set until the stream is reset. */
  boolean runStuck(int stream) {
    return starts[stream] > 0 && plan.find(RUN_STUCK, starts[stream]).isPresent();
  }

  /** Whether the DMA stands still after so many periods. */
  boolean stuck(int stream, long periods) {
    Optional<Fault> fault = plan.find(POSITION_STUCK, starts[stream]);
    return fault.isPresent() && periods >= period(fault.get());
  }
}
